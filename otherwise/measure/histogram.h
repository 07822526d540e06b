// Counts of values in bins of equal width, for a plot.
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace otherwise {

struct Histogram {
    double low = 0.0;          ///< where the first bin starts
    double width = 0.0;        ///< of a bin; the last one holds its end, too
    std::vector<long> counts;  ///< empty where nothing is known
    long apart = 0;            ///< pairs that were not put into bins
    double median = std::numeric_limits<double>::quiet_NaN();  ///< of those in bins
    double smallest = std::numeric_limits<double>::quiet_NaN();
};

/// The values in `bins` bins from low to high; those beyond are in the first or the last bin.
[[nodiscard]] Histogram histogram_of(std::span<const double> values, double low, double high,
                                     int bins);

}  // namespace otherwise
