// Which layers tell the sets apart.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "otherwise/fit/methods/direction.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {
namespace {

struct Apart {
    double distance = 0.0;
    std::size_t first = 0;
    std::size_t second = 0;
};

Apart farthest(const std::vector<Eigen::VectorXd>& means) {
    Apart apart{.second = 1};
    for (std::size_t i = 0; i < means.size(); ++i) {
        for (std::size_t j = i + 1; j < means.size(); ++j) {
            const double distance = (means[i] - means[j]).norm();
            if (distance > apart.distance) {
                apart = {.distance = distance, .first = i, .second = j};
            }
        }
    }
    return apart;
}

/// Σ over the columns of (u·(x − mean))².
double squares_along(const Eigen::MatrixXf& states, const Eigen::VectorXd& mean,
                     const Eigen::VectorXd& unit) {
    const Eigen::VectorXd along = states.cast<double>().transpose() * unit;
    return (along.array() - mean.dot(unit)).square().sum();
}

/// Distance along a direction in standard deviations of the two sets about their own means;
/// infinite where these are rounding beside it.
double separation(const NodeStates& node, const Apart& apart, const Direction& direction) {
    const auto& a = node.fitted[apart.first];
    const auto& b = node.fitted[apart.second];
    const double squares = squares_along(a, a.cast<double>().rowwise().mean(), direction.unit) +
                           squares_along(b, b.cast<double>().rowwise().mean(), direction.unit);
    const double variance = squares / static_cast<double>(a.cols() + b.cols());
    constexpr double kRounding = 1e-6;  // states are floats
    const double deviation = std::sqrt(variance);
    if (deviation <= kRounding * direction.distance) {
        return direction.distance > 0.0 ? std::numeric_limits<double>::infinity() : 0.0;
    }
    return direction.distance / deviation;
}

/// The set whose mean is nearest; of the squared distances to fitted means that part is taken off
/// which is the means' own noise, else the smaller set would seem the farther.
Accuracy nearest_mean(const Gathered& gathered, std::size_t layer,
                      const std::vector<Eigen::VectorXd>& means) {
    const auto noise = mean_noise(gathered.nodes[layer]);
    const auto distance = [&](const Eigen::VectorXd& state, std::size_t set) {
        return (state - means[set]).squaredNorm() - noise[set];
    };
    Accuracy accuracy(means.size());
    for (std::size_t set = 0; set < means.size(); ++set) {
        const auto states = held_out(gathered, layer, set, Half::chooses);
        for (Eigen::Index i = 0; i < states.cols(); ++i) {
            const Eigen::VectorXd state = states.col(i);
            std::size_t nearest = 0;
            for (std::size_t k = 1; k < means.size(); ++k) {
                if (distance(state, k) < distance(state, nearest)) {
                    nearest = k;
                }
            }
            accuracy.count(set, nearest == set);
        }
    }
    return accuracy;
}

LayerScore score_layer(const Gathered& gathered, std::size_t layer) {
    const auto& node = gathered.nodes[layer];
    std::vector<Eigen::VectorXd> means;
    for (const auto& moments : node.moments) {
        means.push_back(moments.mean());
    }
    const auto apart = farthest(means);
    const bool by_direction = gathered.request.method == FitMethod::direction;
    const auto direction = by_direction ? direction_of(node, gathered.request.by)
                                        : mean_direction(means[apart.first], means[apart.second]);
    return {.layer = gathered.layers[layer],
            .accuracy = by_direction ? along(gathered, layer, direction, Half::chooses)
                                     : nearest_mean(gathered, layer, means),
            .separation = separation(node, apart, direction),
            .distance = apart.distance};
}

}  // namespace

std::vector<LayerScore> score_layers(const Gathered& gathered) {
    std::vector<LayerScore> scores;
    for (std::size_t i = 0; i < gathered.nodes.size(); ++i) {
        gathered.stop_if_cancelled();
        scores.push_back(score_layer(gathered, i));
    }
    return scores;
}

std::size_t best_layer(const std::vector<LayerScore>& scores) {
    const auto best = std::ranges::max_element(scores, {}, [](const LayerScore& score) {
        return std::tuple(score.accuracy.n() == 0 ? 0.0 : score.accuracy.rate(), score.separation);
    });
    return static_cast<std::size_t>(best - scores.begin());
}

Eigen::MatrixXd held_out(const Gathered& gathered, std::size_t layer, std::size_t set, Half half) {
    const auto& states = gathered.nodes[layer].held_out[set];
    if (!gathered.request.best_layer()) {
        return states.cast<double>();
    }
    return states(Eigen::all, half_of(states.cols(), half)).cast<double>();
}

}  // namespace otherwise
