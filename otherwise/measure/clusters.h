// Values of clusters, such as strings, brought into an order of their own: for the estimates of
// statistics.h and cluster_rates.h.
//
// Neither the order of the values nor the numbers that clusters have matter to what is computed
// from here on: a cluster's values are in ascending order, and so are the clusters. Cost: O(n log
// n). Pure functions, thread safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otherwise/measure/statistics.h"

namespace otherwise {

/// What a cluster adds to a mean.
struct Total {
    double sum = 0.0;
    double count = 0.0;
    bool operator==(const Total&) const = default;
};

/// Throws misuse where values and clusters differ in number.
void require_equal(std::size_t values, std::size_t clusters);

/// The clusters' values, each in ascending order, and the clusters in the order of their values.
[[nodiscard]] std::vector<std::vector<double>> grouped(std::span<const double> values,
                                                       std::span<const int> clusters);

[[nodiscard]] bool any_nan(std::span<const double> values);

/// Of each cluster.
[[nodiscard]] std::vector<Total> totals_of(const std::vector<std::vector<double>>& groups);

[[nodiscard]] Total sum_of(const std::vector<Total>& totals);

/// Σ S_c / Σ n_c.
[[nodiscard]] double mean_of(const std::vector<Total>& totals);

/// Σ (S_c − n_c · mean)².
[[nodiscard]] double squares_about(const std::vector<Total>& totals, double mean);

/// A mean of so many values, not known yet.
[[nodiscard]] Measured counted(std::size_t n, std::size_t clusters);

}  // namespace otherwise
