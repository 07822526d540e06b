// Comparisons of pairs: what pairing saves, and whether more flips go one way than the other.
//
// Clusters are those of statistics.h. Cost: O(n log n); of mcnemar_exact O(the lesser of its
// flips). Different numbers of values and clusters are misuse. Pure functions, thread safe.
#pragma once

#include <span>

namespace otherwise {

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
