#include "otherwise/measure/cluster_rates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "otherwise/base/binomial.h"
#include "otherwise/measure/clusters.h"

namespace otherwise {
namespace {

constexpr double kConfidence = 0.95;

/// The number of clusters that events are spread over, or their absence where that are fewer.
double spread_of(const std::vector<Total>& totals) {
    const Total all = sum_of(totals);
    double with = 0.0;
    double without = 0.0;
    for (const auto& total : totals) {
        const double share = total.sum / all.sum;
        const double other = (total.count - total.sum) / (all.count - all.sum);
        with += share * share;
        without += other * other;
    }
    return 1.0 / std::max(with, without);
}

/// n*, of a rate between 0 and 1.
double effective_trials(const std::vector<Total>& totals, double rate) {
    constexpr double kWorst = 2.0;  // clusters of one mind that are added
    const double n = sum_of(totals).count;
    const auto c = static_cast<double>(totals.size());
    const double variance = c / (c - 1.0) * squares_about(totals, rate) / (n * n);
    const double seen = (n - 1.0) * variance / (rate * (1.0 - rate));
    const double spread = spread_of(totals);
    const double effect = (spread * std::max(1.0, seen) + kWorst * n / c) / (spread + kWorst);
    if (n == c) {
        return n / effect;
    }
    const double t = student_bound(kConfidence, n - 1.0) / student_bound(kConfidence, c - 1.0);
    return n / effect * t * t;
}

/// The interval of a rate, of the clusters' values.
Interval rate_interval(const std::vector<std::vector<double>>& groups) {
    const auto totals = totals_of(groups);
    const double rate = std::clamp(mean_of(totals), 0.0, 1.0);
    auto trials = static_cast<double>(totals.size());
    const bool mixed = rate > 0.0 && rate < 1.0;
    if (mixed && totals.size() < 2) {
        return {};
    }
    trials = mixed ? effective_trials(totals, rate) : trials;
    const auto exact = clopper_pearson(rate * trials, trials, kConfidence);
    return {.low = exact.low, .high = exact.high};
}

/// Whether values are events that happened or not, or differences of these; else they are
/// probabilities.
bool counts_events(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return v == std::round(v); });
}

/// The largest size of a value; `most` where all are 0.
double largest_of(std::span<const double> values, double most) {
    double largest = 0.0;
    for (const double value : values) {
        largest = std::max(largest, std::abs(value));
    }
    return largest > 0.0 ? std::min(largest, most) : most;
}

/// What is above 0 of each value, or below it where `sign` is −1, in units of `unit`.
std::vector<double> parts_of(std::span<const double> values, double sign, double unit) {
    std::vector<double> parts(values.size());
    std::transform(values.begin(), values.end(), parts.begin(),
                   [&](double value) { return std::clamp(sign * value / unit, 0.0, 1.0); });
    return parts;
}

/// The correlation of what the clusters add to two rates; 0 where one of them does not vary.
double correlation(std::span<const double> a, std::span<const double> b,
                   std::span<const int> clusters) {
    std::vector<double> both(a.size());
    std::transform(a.begin(), a.end(), b.begin(), both.begin(), std::plus<>{});
    const double variance_a = cluster_variance(a, clusters);
    const double variance_b = cluster_variance(b, clusters);
    const double product = variance_a * variance_b;
    const double covariance = (cluster_variance(both, clusters) - variance_a - variance_b) / 2.0;
    return product > 0.0 ? std::clamp(covariance / std::sqrt(product), -1.0, 1.0) : 0.0;
}

/// √(a² + b² − 2 r a b)
double apart(double a, double b, double r) {
    return std::sqrt(std::max(0.0, a * a + b * b - 2.0 * r * a * b));
}

}  // namespace

Measured cluster_rate(std::span<const double> values, std::span<const int> clusters) {
    require_equal(values.size(), clusters.size());
    if (values.empty() || any_nan(values)) {
        return counted(values.size(), 0);
    }
    if (!counts_events(values)) {
        return cluster_mean(values, clusters);
    }
    const auto groups = grouped(values, clusters);
    Measured result = counted(values.size(), groups.size());
    result.value = mean_of(totals_of(groups));
    result.interval = rate_interval(groups);
    return result;
}

Measured cluster_rate_difference(std::span<const double> differences, std::span<const int> clusters,
                                 double most) {
    if (!differences.empty() && !any_nan(differences) && !counts_events(differences)) {
        return cluster_mean(differences, clusters);
    }
    const double unit = largest_of(differences, most);
    const auto above = parts_of(differences, 1.0, unit);
    const auto below = parts_of(differences, -1.0, unit);
    Measured result = cluster_rate(above, clusters);
    const Measured fall = cluster_rate(below, clusters);
    if (differences.empty() || any_nan(differences)) {
        return result;
    }
    const double rise = result.value;
    const Interval interval = result.interval;
    const double r = correlation(above, below, clusters);
    result.value = unit * (rise - fall.value);
    result.interval = {};
    if (interval.known() && fall.interval.known()) {
        const double down = apart(rise - interval.low, fall.interval.high - fall.value, r);
        const double up = apart(interval.high - rise, fall.value - fall.interval.low, r);
        result.interval = {.low = std::max(-most, result.value - unit * down),
                           .high = std::min(most, result.value + unit * up)};
    }
    return result;
}

}  // namespace otherwise
