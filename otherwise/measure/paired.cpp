#include "otherwise/measure/paired.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "otherwise/base/log_gamma.h"
#include "otherwise/measure/clusters.h"
#include "otherwise/measure/statistics.h"

namespace otherwise {
namespace {

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

double variance_ratio(std::span<const double> before, std::span<const double> after,
                      std::span<const int> clusters) {
    require_equal(before.size(), after.size());
    std::vector<double> differences(before.size());
    std::transform(after.begin(), after.end(), before.begin(), differences.begin(), std::minus<>{});
    const double paired = cluster_variance(differences, clusters);
    if (std::isnan(paired)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const double independent = (sample_variance(before) + sample_variance(after)) /
                               static_cast<double>(differences.size());
    return independent / paired;
}

double mcnemar_exact(long gained, long lost) {
    const long flips = gained + lost;
    const double all = log_gamma(static_cast<double>(flips) + 1.0);
    double tail = 0.0;
    for (long k = 0; k <= std::min(gained, lost); ++k) {
        const double ways = all - log_gamma(static_cast<double>(k) + 1.0) -
                            log_gamma(static_cast<double>(flips - k) + 1.0);
        tail += std::exp(ways - static_cast<double>(flips) * std::numbers::ln2);
    }
    return std::min(1.0, 2.0 * tail);
}

}  // namespace otherwise
