#include "otherwise/measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "otherwise/measure/clusters.h"

namespace otherwise {
namespace {

constexpr std::size_t kResamples = 2000;
constexpr std::size_t kLeastResamples = 200;
constexpr std::size_t kMostDraws = 10'000'000;
constexpr double kTail = 0.025;  // on each side of it
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A value and its cluster; clusters are numbered from 0 in the order of their values.
struct Member {
    double value = 0.0;
    std::size_t cluster = 0;
};

using Members = std::vector<Member>;

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

}  // namespace otherwise
