// Rates and differences of rates, for strings that are the units of sampling.
//
// Of clusters c = 1 … C with sums S_c and counts n_c, the mean and its variance are those of
// statistics.h.
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
// Cost: O(n log n) of events, of other values that of cluster_mean. Infinite values, NaN and errors
// are as there. Pure functions, thread safe.
#pragma once

#include <span>

#include "otherwise/measure/statistics.h"

namespace otherwise {

/// The mean of values between 0 and 1: with the interval of a rate where they are events, 0 or 1,
/// else with cluster_mean's. Of one cluster it is known only where all values are equal.
[[nodiscard]] Measured cluster_rate(std::span<const double> values, std::span<const int> clusters);

/// The mean of differences between −most and most: of events, with the interval of a difference of
/// rates, else with cluster_mean's.
[[nodiscard]] Measured cluster_rate_difference(std::span<const double> differences,
                                               std::span<const int> clusters, double most = 1.0);

}  // namespace otherwise
