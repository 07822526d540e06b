// Means and medians with intervals, for strings that are the units of sampling.
//
// Pairs of one string (its samples, its positions) are not independent, so every interval
// is one over whole strings. With clusters c = 1 … C, their sums S_c and their counts n_c:
//
//   mean        Σ S_c / Σ n_c
//   interval    95 % percentile bootstrap: C clusters are drawn with replacement and their mean is
//               taken, 2,000 times; low and high leave 2.5 % of these means outside on each side
//               (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13)
//   variance    of the mean: C / (C − 1) · Σ (S_c − n_c · mean)² / (Σ n_c)², the usual estimate for
//               a ratio of cluster totals (Cochran, Sampling Techniques, 1977, chapter 6)
//
// Values that are all 0 or 1 have intervals of their own (cluster_rates.h).
//
// Draws come from std::mt19937_64 and a multiply-shift (biased by less than C / 2³²), so an
// interval is the same on every machine; it depends on neither the order of the values nor the
// numbers that clusters have. Cost: O(n log n) and resamples × C. From 5,000 clusters on there
// are only 1e7 / C resamples, but at least 200. Pure functions, thread safe.
//
// Infinite values are values like others: a mean of +inf has +inf as its interval's high end. A NaN
// makes the mean NaN and the interval unknown. Different numbers of values and clusters are misuse.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace otherwise {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A 95 % interval. From −inf to +inf: unknown, as with fewer than two clusters.
struct Interval {
    double low = -kInfinity;
    double high = kInfinity;

    [[nodiscard]] bool known() const { return low > -kInfinity || high < kInfinity; }
    bool operator==(const Interval&) const = default;
};

/// A mean (or a rate, a median, a difference) of n values in some number of clusters.
struct Measured {
    double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN of nothing
    Interval interval;
    long n = 0;
    long clusters = 0;
};

/// The clusters that resamples draw: the same for all measures of as many clusters, so they are
/// made once and kept for the next one. Memory: 4 bytes a draw, 40 MB, above 50,000 clusters 800
/// bytes a cluster. Not thread safe.
class Resampler {
public:
    explicit Resampler(std::uint64_t seed = 0) : seed_(seed) {}

    /// [resamples * clusters] numbers of clusters, one resample after the other.
    [[nodiscard]] std::span<const std::uint32_t> draws(std::size_t clusters);

private:
    std::uint64_t seed_;
    std::size_t clusters_ = 0;
    std::vector<std::uint32_t> draws_;
};

/// Below this many clusters a bootstrap interval is too narrow: with 10 clusters it covers about
/// 90 % instead of 95 %.
inline constexpr long kFewClusters = 30;

/// Whether the sample is small: there is something to warn of.
[[nodiscard]] bool is_small_sample(const Measured& measured);

/// The mean of `values`, which belong to the clusters (strings) of the same index.
[[nodiscard]] Measured cluster_mean(std::span<const double> values, std::span<const int> clusters,
                                    Resampler& resampler);
[[nodiscard]] Measured cluster_mean(std::span<const double> values, std::span<const int> clusters,
                                    std::uint64_t seed = 0);

/// The median (of an even number the mean of the middle two), its interval by the same bootstrap.
/// Cost: resamples × n.
[[nodiscard]] Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                                      Resampler& resampler);
[[nodiscard]] Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                                      std::uint64_t seed = 0);

/// The variance of the mean, above; NaN with fewer than two clusters.
[[nodiscard]] double cluster_variance(std::span<const double> values,
                                      std::span<const int> clusters);

}  // namespace otherwise
