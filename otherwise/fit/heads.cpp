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

Accuracy accuracy_of(const LinearProbe& probe, const Eigen::MatrixXd& first,
                     const Eigen::MatrixXd& second) {
    Accuracy accuracy;
    for (const double value : probe.scores(first)) {
        accuracy.count(value > 0.0);
    }
    for (const double value : probe.scores(second)) {
        accuracy.count(value <= 0.0);
    }
    return accuracy;
}

}  // namespace

Eigen::VectorXd mass_mean_shift(const Eigen::MatrixXd& first, const Eigen::MatrixXd& second) {
    const auto direction = mean_direction(first.rowwise().mean(), second.rowwise().mean());
    const Eigen::VectorXd along = beside(first, second).transpose() * direction.unit;
    const double variance =
        (along.array() - along.mean()).square().sum() / static_cast<double>(along.size());
    return std::sqrt(variance) * direction.unit;
}

HeadScore score_head(const HeadStates& first, const HeadStates& second) {
    std::vector<std::uint8_t> labels(static_cast<std::size_t>(first.fitted.cols()), 1);
    labels.resize(labels.size() + static_cast<std::size_t>(second.fitted.cols()), 0);
    const auto probe = fit_probe(beside(first.fitted, second.fitted), labels);
    return {.choosing = accuracy_of(probe, first.choosing, second.choosing),
            .accuracy = accuracy_of(probe, first.judging, second.judging),
            .shift = mass_mean_shift(first.fitted, second.fitted)};
}

void sort_heads(std::vector<HeadScore>& heads) {
    std::ranges::stable_sort(heads, [](const HeadScore& a, const HeadScore& b) {
        return std::tuple(-a.choosing.right, a.layer, a.head) <
               std::tuple(-b.choosing.right, b.layer, b.head);
    });
}

}  // namespace otherwise
