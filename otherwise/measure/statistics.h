// Means with intervals, for strings that are the units of sampling, and paired comparisons.
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
// A rate near 0 or 1 has a skewed law, which resampling a few events cannot see (one event in 200
// strings: a bootstrap covers 86 %), so values that are all 0 or 1 get exact intervals
// of an effective number of trials n* (Korn and Graubard, Survey Methodology 24, 1998), p the mean,
// n the values. Probabilities have the bootstrap, which sees how little they vary; where a few
// strings make up a mean near 0 it is too narrow (30 strings, mean 0.01: 66 to 80 %).
//
//   interval    Clopper and Pearson's of p n* events in n* trials (base/binomial.h)
//   n*          n / D · (t(n − 1) / t(C − 1))², t Student's bounds of 95 %; C where all are alike
//   D           (k d + 2 n / C) / (k + 2), d = (n − 1) · variance / (p (1 − p)) the design effect,
//               at least 1
//   k           the lesser of (Σ S)² / Σ S² and (Σ (n − S))² / Σ (n − S)²: how many clusters the
//               events (or their absence) are spread over
//
// d is known no better than k such clusters tell it. So two more of the worst kind are added, all
// of whose values are the same (n / C is their design effect): a few events that happen to be
// spread out are no proof that samples of a string are independent. A cluster of one value has none
// of this: n* = C. A difference of rates (values −1, 0, 1) is that of the rates of what is above 0,
// p, and of what is below it, m, and has the interval of Newcombe's method 10 (1998; Zou and Donner
// 2008):
//   low = p − m − √((p − l_p)² + (u_m − m)² − 2 r (p − l_p)(u_m − m)), and the high end likewise,
// r the correlation of the clusters' contributions to p and m; in units of the largest difference
// seen, so that differences of probabilities are not taken for rare flips.
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

/// The mean of values between 0 and 1: with the interval of a rate where they are events, 0 or 1,
/// else with cluster_mean's. Of one cluster it is known only where all values are equal.
[[nodiscard]] Measured cluster_rate(std::span<const double> values, std::span<const int> clusters);

/// The mean of differences between −most and most: of events, with the interval of a difference of
/// rates, else with cluster_mean's.
[[nodiscard]] Measured cluster_rate_difference(std::span<const double> differences,
                                               std::span<const int> clusters, double most = 1.0);

/// The median (of an even number the mean of the middle two), its interval by the same bootstrap.
/// Cost: resamples × n.
[[nodiscard]] Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                                      Resampler& resampler);
[[nodiscard]] Measured cluster_median(std::span<const double> values, std::span<const int> clusters,
                                      std::uint64_t seed = 0);

/// The variance of the mean, above; NaN with fewer than two clusters.
[[nodiscard]] double cluster_variance(std::span<const double> values,
                                      std::span<const int> clusters);

/// How many times the pairs an independent sample would need for the same precision of the mean
/// difference after − before: the variance that the difference of two independent samples of this
/// size would have, (s²_after + s²_before) / n, over the clustered variance of the paired one. +inf
/// where the paired differences do not vary, NaN where neither varies or for fewer than two
/// clusters. Below 1 pairing does harm.
[[nodiscard]] double variance_ratio(std::span<const double> before, std::span<const double> after,
                                    std::span<const int> clusters);

/// McNemar's exact test: the two-sided p-value of `gained` against `lost` flips under even chances,
/// min(1, 2 · P(Binomial(gained + lost, 1/2) ≤ min(gained, lost))); 1 without flips. The flips
/// must be independent, so give at most one for each string (McNemar 1947).
[[nodiscard]] double mcnemar_exact(long gained, long lost);

}  // namespace otherwise
