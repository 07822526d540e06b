#include "otherwise/measure/histogram.h"

#include <algorithm>
#include <cmath>

namespace otherwise {
namespace {

/// The mean of the middle two of an even number.
double median_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

}  // namespace

Histogram histogram_of(std::span<const double> values, double low, double high, int bins) {
    Histogram result{.low = low, .width = (high - low) / bins, .counts = {}};
    result.counts.assign(static_cast<std::size_t>(bins), 0);
    for (const double value : values) {
        const double bin = std::floor((value - low) / result.width);
        ++result.counts[static_cast<std::size_t>(std::clamp(bin, 0.0, bins - 1.0))];
    }
    if (!values.empty()) {
        result.median = median_of({values.begin(), values.end()});
        result.smallest = *std::min_element(values.begin(), values.end());
    }
    return result;
}

}  // namespace otherwise
