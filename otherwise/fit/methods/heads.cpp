#include "otherwise/fit/methods/heads.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>

#include "otherwise/fit/methods/direction.h"
#include "otherwise/fit/methods/logistic.h"

namespace otherwise {
namespace {

Eigen::MatrixXd beside(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
    Eigen::MatrixXd both(a.rows(), a.cols() + b.cols());
    both << a, b;
    return both;
}

/// Of log-odds of texts, of which the first `n_first` are the first set's.
Accuracy accuracy_of(const Eigen::VectorXd& odds, Eigen::Index n_first) {
    Accuracy accuracy(2);
    for (Eigen::Index i = 0; i < odds.size(); ++i) {
        const bool is_first = i < n_first;
        accuracy.count(is_first ? 0 : 1, (odds(i) > 0.0) == is_first);
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
    const auto probe = fit_probe(beside(first.fitted, second.fitted), labels, {.balanced = true});
    const Eigen::VectorXd odds = probe.scores(beside(first.judging, second.judging));
    return {.choosing = accuracy_of(probe.scores(beside(first.choosing, second.choosing)),
                                    first.choosing.cols()),
            .accuracy = accuracy_of(odds, first.judging.cols()),
            .odds = odds,
            .shift = mass_mean_shift(first.fitted, second.fitted)};
}

Accuracy together(std::span<const HeadScore> heads, Eigen::Index n_first) {
    Eigen::VectorXd odds = Eigen::VectorXd::Zero(heads.front().odds.size());
    for (const auto& head : heads) {
        odds += head.odds;
    }
    return accuracy_of(odds, n_first);
}

void sort_heads(std::vector<HeadScore>& heads) {
    std::ranges::stable_sort(heads, [](const HeadScore& a, const HeadScore& b) {
        return std::tuple(-a.choosing.rate(), a.layer, a.head) <
               std::tuple(-b.choosing.rate(), b.layer, b.head);
    });
}

}  // namespace otherwise
