#include "otherwise/fit/heads.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

#include "otherwise/fit/direction.h"
#include "otherwise/fit/logistic.h"

namespace otherwise {
namespace {

Eigen::MatrixXd beside(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    Eigen::MatrixXd both(a.rows(), a.cols() + b.cols());
    both << a, b;
    return both;
}

}  // namespace

Eigen::VectorXd mass_mean_shift(const Eigen::MatrixXd& first, const Eigen::MatrixXd& second) {
    const auto direction = mean_direction(first.rowwise().mean(), second.rowwise().mean());
    const Eigen::VectorXd along = beside(first, second).transpose() * direction.unit;
    const double variance =
        (along.array() - along.mean()).square().sum() / static_cast<double>(along.size());
    return std::sqrt(variance) * direction.unit;
}

HeadScore score_head(const HeadStates& states) {
    std::vector<std::uint8_t> labels(static_cast<std::size_t>(states.first.cols()), 1);
    labels.resize(labels.size() + static_cast<std::size_t>(states.second.cols()), 0);
    const auto probe = fit_probe(beside(states.first, states.second), labels);
    HeadScore score{.accuracy = {}, .shift = mass_mean_shift(states.first, states.second)};
    for (const double value : probe.scores(states.held_out_first)) {
        score.accuracy.count(value > 0.0);
    }
    for (const double value : probe.scores(states.held_out_second)) {
        score.accuracy.count(value <= 0.0);
    }
    return score;
}

void sort_heads(std::vector<HeadScore>& heads) {
    std::ranges::stable_sort(heads, [](const HeadScore& a, const HeadScore& b) {
        return std::tuple(-a.accuracy.right, a.layer, a.head) <
               std::tuple(-b.accuracy.right, b.layer, b.head);
    });
}

}  // namespace otherwise
