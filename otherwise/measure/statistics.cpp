#include "otherwise/measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "otherwise/base/binomial.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kResamples = 2000;
constexpr std::size_t kLeastResamples = 200;
constexpr std::size_t kMostDraws = 10'000'000;
constexpr double kConfidence = 0.95;
constexpr double kTail = 0.025;  // on each side of it
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// What a cluster adds to a mean.
struct Total {
    double sum = 0.0;
    double count = 0.0;
    bool operator==(const Total&) const = default;
};

/// A value and its cluster; clusters are numbered from 0 in the order of their values.
struct Member {
    double value = 0.0;
    std::size_t cluster = 0;
};

using Members = std::vector<Member>;

void require_equal(std::size_t values, std::size_t clusters) {
    if (values != clusters) {
        misuse({.where = "statistics",
                .expected = "a cluster for each value",
                .came = std::to_string(values) + " values and " + std::to_string(clusters) +
                        " clusters"});
    }
}

/// The clusters' values, each in ascending order, and the clusters in the order of their values, so
/// that neither the order of adding nor the clusters' numbers matter.
std::vector<std::vector<double>> grouped(std::span<const double> values,
                                         std::span<const int> clusters) {
    require_equal(values.size(), clusters.size());
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(clusters[a], values[a]) < std::tie(clusters[b], values[b]);
    });
    std::vector<std::vector<double>> groups;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i == 0 || clusters[order[i]] != clusters[order[i - 1]]) {
            groups.emplace_back();
        }
        groups.back().push_back(values[order[i]]);
    }
    std::sort(groups.begin(), groups.end());
    return groups;
}

bool any_nan(std::span<const double> values) {
    return std::any_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

std::vector<Total> totals_of(const std::vector<std::vector<double>>& groups) {
    std::vector<Total> totals;
    totals.reserve(groups.size());
    for (const auto& group : groups) {
        totals.push_back({.sum = std::accumulate(group.begin(), group.end(), 0.0),
                          .count = static_cast<double>(group.size())});
    }
    return totals;
}

Total sum_of(const std::vector<Total>& totals) {
    Total all;
    for (const auto& total : totals) {
        all.sum += total.sum;
        all.count += total.count;
    }
    return all;
}

double mean_of(const std::vector<Total>& totals) {
    const Total all = sum_of(totals);
    return all.sum / all.count;
}

std::size_t resamples_for(std::size_t clusters) {
    return std::clamp(kMostDraws / clusters, kLeastResamples, kResamples);
}

/// Uniform in [0, n), by the upper 32 bits.
std::uint32_t draw(std::mt19937_64& engine, std::size_t n) {
    constexpr int kHalf = 32;
    return static_cast<std::uint32_t>(((engine() >> kHalf) * n) >> kHalf);
}

/// The interval that leaves kTail of the resampled values outside on each side.
Interval percentile(std::vector<double> resampled) {
    if (any_nan(resampled)) {
        return {};
    }
    std::sort(resampled.begin(), resampled.end());
    const auto outside = static_cast<std::size_t>(kTail * static_cast<double>(resampled.size()));
    return {.low = resampled[outside], .high = resampled[resampled.size() - 1 - outside]};
}

/// One value for each resample, of the clusters that `statistic` is given.
template <typename Statistic>
Interval bootstrap(std::size_t clusters, Resampler& resampler, const Statistic& statistic) {
    if (clusters < 2) {
        return {};
    }
    const auto draws = resampler.draws(clusters);
    std::vector<double> resampled;
    for (std::size_t at = 0; at < draws.size(); at += clusters) {
        resampled.push_back(statistic(draws.subspan(at, clusters)));
    }
    return percentile(std::move(resampled));
}

/// The sums where every cluster has as many values, else nothing.
std::vector<double> even_sums(const std::vector<Total>& totals) {
    std::vector<double> sums;
    sums.reserve(totals.size());
    for (const auto& total : totals) {
        if (total.count != totals.front().count) {
            return {};
        }
        sums.push_back(total.sum);
    }
    return sums;
}

/// The interval of the mean, whose value is known. Clusters that are all alike have the same mean
/// in every resample, and where all have as many values only the sums need to be gathered.
Interval mean_interval(const std::vector<Total>& totals, double mean, Resampler& resampler) {
    if (totals.size() < 2) {
        return {};
    }
    if (std::adjacent_find(totals.begin(), totals.end(), std::not_equal_to<>()) == totals.end()) {
        return {.low = mean, .high = mean};
    }
    const auto sums = even_sums(totals);
    const double count = totals.front().count * static_cast<double>(totals.size());
    return bootstrap(totals.size(), resampler, [&](std::span<const std::uint32_t> drawn) {
        Total all;
        if (!sums.empty()) {
            for (const std::uint32_t cluster : drawn) {
                all.sum += sums[cluster];
            }
            return all.sum / count;
        }
        for (const std::uint32_t cluster : drawn) {
            const Total& total = totals[cluster];
            all.sum += total.sum;
            all.count += total.count;
        }
        return all.sum / all.count;
    });
}

/// Σ (S_c − n_c · mean)².
double squares_about(const std::vector<Total>& totals, double mean) {
    double squares = 0.0;
    for (const auto& total : totals) {
        const double error = total.sum - total.count * mean;
        squares += error * error;
    }
    return squares;
}

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

/// All values in ascending order.
Members sorted_members(const std::vector<std::vector<double>>& groups) {
    Members members;
    for (std::size_t c = 0; c < groups.size(); ++c) {
        for (const double value : groups[c]) {
            members.push_back({.value = value, .cluster = c});
        }
    }
    std::stable_sort(members.begin(), members.end(),
                     [](const Member& a, const Member& b) { return a.value < b.value; });
    return members;
}

/// The median where each cluster's values count `times` over.
double weighted_median(const Members& members, const std::vector<std::size_t>& times) {
    std::size_t total = 0;
    for (const auto& member : members) {
        total += times[member.cluster];
    }
    const std::size_t lower = (total - 1) / 2;  // ranks from 0
    const std::size_t upper = total / 2;
    double low = 0.0;
    std::size_t seen = 0;
    for (const auto& member : members) {
        const std::size_t before = seen;
        seen += times[member.cluster];
        if (before <= lower && lower < seen) {
            low = member.value;
        }
        if (before <= upper && upper < seen) {
            return low == member.value ? low : (low + member.value) / 2.0;
        }
    }
    return kNaN;
}

Interval median_interval(const Members& members, std::size_t clusters, Resampler& resampler) {
    const double smallest = members.front().value;
    if (clusters > 1 && smallest == members.back().value) {  // then so is every median
        return {.low = smallest, .high = smallest};
    }
    std::vector<std::size_t> times(clusters);
    return bootstrap(clusters, resampler, [&](std::span<const std::uint32_t> drawn) {
        std::fill(times.begin(), times.end(), 0);
        for (const std::uint32_t cluster : drawn) {
            ++times[cluster];
        }
        return weighted_median(members, times);
    });
}

Measured counted(std::size_t n, std::size_t clusters) {
    Measured result;
    result.n = static_cast<long>(n);
    result.clusters = static_cast<long>(clusters);
    return result;
}

/// The variance of one value, about the mean of all.
double sample_variance(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double squares = 0.0;
    for (const double value : values) {
        squares += (value - mean) * (value - mean);
    }
    return squares / (n - 1.0);
}

}  // namespace

std::span<const std::uint32_t> Resampler::draws(std::size_t clusters) {
    if (clusters != clusters_) {
        std::mt19937_64 engine(seed_);
        draws_.resize(clusters * resamples_for(clusters));
        for (auto& drawn : draws_) {
            drawn = draw(engine, clusters);
        }
        clusters_ = clusters;
    }
    return draws_;
}

bool is_small_sample(const Measured& measured) { return measured.clusters < kFewClusters; }

Measured cluster_mean(std::span<const double> values, std::span<const int> clusters,
                      Resampler& resampler) {
    require_equal(values.size(), clusters.size());
    if (values.empty() || any_nan(values)) {
        return counted(values.size(), 0);
    }
    const auto groups = grouped(values, clusters);
    const auto totals = totals_of(groups);
    Measured result = counted(values.size(), groups.size());
    result.value = mean_of(totals);
    result.interval = mean_interval(totals, result.value, resampler);
    return result;
}

Measured cluster_mean(std::span<const double> values, std::span<const int> clusters,
                      std::uint64_t seed) {
    Resampler resampler(seed);
    return cluster_mean(values, clusters, resampler);
}

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

Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                        Resampler& resampler) {
    require_equal(values.size(), clusters.size());
    if (values.empty() || any_nan(values)) {
        return counted(values.size(), 0);
    }
    const auto groups = grouped(values, clusters);
    const Members members = sorted_members(groups);
    Measured result = counted(values.size(), groups.size());
    result.value = weighted_median(members, std::vector<std::size_t>(groups.size(), 1));
    result.interval = median_interval(members, groups.size(), resampler);
    return result;
}

Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                        std::uint64_t seed) {
    Resampler resampler(seed);
    return cluster_median(values, clusters, resampler);
}

double cluster_variance(std::span<const double> values, std::span<const int> clusters) {
    const auto totals = totals_of(grouped(values, clusters));
    if (totals.size() < 2) {
        return kNaN;
    }
    const auto n = static_cast<double>(values.size());
    const auto c = static_cast<double>(totals.size());
    return c / (c - 1.0) * squares_about(totals, mean_of(totals)) / (n * n);
}

double variance_ratio(std::span<const double> before, std::span<const double> after,
                      std::span<const int> clusters) {
    require_equal(before.size(), after.size());
    std::vector<double> differences(before.size());
    std::transform(after.begin(), after.end(), before.begin(), differences.begin(), std::minus<>{});
    const double paired = cluster_variance(differences, clusters);
    if (std::isnan(paired)) {
        return kNaN;
    }
    const double independent = (sample_variance(before) + sample_variance(after)) /
                               static_cast<double>(differences.size());
    return independent / paired;
}

double mcnemar_exact(long gained, long lost) {
    const long flips = gained + lost;
    const double all = std::lgamma(static_cast<double>(flips) + 1.0);
    double tail = 0.0;
    for (long k = 0; k <= std::min(gained, lost); ++k) {
        const double ways = all - std::lgamma(static_cast<double>(k) + 1.0) -
                            std::lgamma(static_cast<double>(flips - k) + 1.0);
        tail += std::exp(ways - static_cast<double>(flips) * std::numbers::ln2);
    }
    return std::min(1.0, 2.0 * tail);
}

}  // namespace otherwise
