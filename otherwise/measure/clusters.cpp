#include "otherwise/measure/clusters.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>

#include "otherwise/base/error.h"

namespace otherwise {

void require_equal(std::size_t values, std::size_t clusters) {
    if (values != clusters) {
        misuse({.where = "statistics",
                .expected = "a cluster for each value",
                .came = std::to_string(values) + " values and " + std::to_string(clusters) +
                        " clusters"});
    }
}

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

double squares_about(const std::vector<Total>& totals, double mean) {
    double squares = 0.0;
    for (const auto& total : totals) {
        const double error = total.sum - total.count * mean;
        squares += error * error;
    }
    return squares;
}

Measured counted(std::size_t n, std::size_t clusters) {
    Measured result;
    result.n = static_cast<long>(n);
    result.clusters = static_cast<long>(clusters);
    return result;
}

}  // namespace otherwise
