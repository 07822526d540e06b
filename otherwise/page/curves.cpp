#include "otherwise/page/curves.h"

#include <algorithm>

#include "otherwise/measure/cluster_rates.h"

namespace otherwise {

void CurveBuilder::add(const Pair& pair) {
    rows_.push_back({.cluster = pair.string,
                     .lcp = pair.lcp,
                     .length = static_cast<int>(pair.factual->tokens.size()),
                     .unchanged = pair.unchanged()});
}

std::vector<CurvePoint> CurveBuilder::survival(int most) const {
    int longest = 0;
    for (const Row& row : rows_) {
        longest = std::max(longest, row.length);
    }
    const int points = std::min(most, longest);
    std::vector<CurvePoint> curve;
    for (int i = 0; i < points; ++i) {
        const int tokens = points < 2 ? longest : 1 + i * (longest - 1) / (points - 1);
        std::vector<double> kept;
        std::vector<int> clusters;
        for (const Row& row : rows_) {
            if (row.length >= tokens) {
                kept.push_back(row.lcp >= tokens ? 1.0 : 0.0);
                clusters.push_back(row.cluster);
            }
        }
        curve.push_back({.tokens = tokens, .share = cluster_rate(kept, clusters)});
    }
    return curve;
}

LcpHistogram CurveBuilder::histogram(int most) const {
    int largest = 0;
    for (const Row& row : rows_) {
        largest = std::max(largest, row.unchanged ? 0 : row.lcp);
    }
    LcpHistogram result{.width = largest / most + 1, .counts = {}, .unchanged = 0};
    result.counts.assign(static_cast<std::size_t>(largest / result.width + 1), 0);
    for (const Row& row : rows_) {
        if (row.unchanged) {
            ++result.unchanged;
        } else {
            ++result.counts[static_cast<std::size_t>(row.lcp / result.width)];
        }
    }
    return result;
}

}  // namespace otherwise
