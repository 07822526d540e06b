// Which layers tell the sets apart.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "otherwise/fit/direction.h"
#include "otherwise/fit/learned.h"

namespace otherwise {
namespace {

/// With `auto`: whether held-out text i chooses the layer, else it judges. Twos stay together.
bool chooses(Eigen::Index i) { return i / 2 % 2 == 0; }

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

double separation(const NodeStates& node, const std::vector<Eigen::VectorXd>& means,
                  const Apart& apart) {
    const auto unit = mean_direction(means[apart.first], means[apart.second]).unit;
    const auto& a = node.fitted[apart.first];
    const auto& b = node.fitted[apart.second];
    const double squares = squares_along(a, a.cast<double>().rowwise().mean(), unit) +
                           squares_along(b, b.cast<double>().rowwise().mean(), unit);
    const double variance = squares / static_cast<double>(a.cols() + b.cols());
    return variance > 0.0 ? apart.distance / std::sqrt(variance) : 0.0;
}

Accuracy nearest_mean(const NodeStates& node, const std::vector<Eigen::VectorXd>& means,
                      bool choosing) {
    Accuracy accuracy;
    for (std::size_t set = 0; set < means.size(); ++set) {
        for (Eigen::Index i = 0; i < node.held_out[set].cols(); ++i) {
            if (choosing && !chooses(i)) {
                continue;
            }
            const Eigen::VectorXd state = node.held_out[set].col(i).cast<double>();
            std::size_t nearest = 0;
            for (std::size_t k = 1; k < means.size(); ++k) {
                if ((state - means[k]).squaredNorm() < (state - means[nearest]).squaredNorm()) {
                    nearest = k;
                }
            }
            accuracy.count(nearest == set);
        }
    }
    return accuracy;
}

}  // namespace

std::vector<LayerScore> score_layers(const Gathered& gathered) {
    std::vector<LayerScore> scores;
    for (std::size_t i = 0; i < gathered.nodes.size(); ++i) {
        const auto& node = gathered.nodes[i];
        std::vector<Eigen::VectorXd> means;
        for (const auto& moments : node.moments) {
            means.push_back(moments.mean());
        }
        const auto apart = farthest(means);
        scores.push_back({.layer = gathered.layers[i],
                          .accuracy = nearest_mean(node, means, gathered.request.best_layer),
                          .separation = separation(node, means, apart),
                          .distance = apart.distance});
    }
    return scores;
}

std::size_t best_layer(const std::vector<LayerScore>& scores) {
    const auto best = std::ranges::max_element(scores, {}, [](const LayerScore& score) {
        return std::tuple(score.accuracy.right, score.separation);
    });
    return static_cast<std::size_t>(best - scores.begin());
}

Eigen::MatrixXd judges(const Gathered& gathered, std::size_t layer, std::size_t set) {
    const auto& held_out = gathered.nodes[layer].held_out[set];
    if (!gathered.request.best_layer) {
        return held_out.cast<double>();
    }
    std::vector<Eigen::Index> rest;
    for (Eigen::Index i = 0; i < held_out.cols(); ++i) {
        if (!chooses(i)) {
            rest.push_back(i);
        }
    }
    return held_out(Eigen::all, rest).cast<double>();
}

}  // namespace otherwise
