// Curves of sampled pairs, to stand beside the exact law.
//
//   survival at x   share of the pairs with at least x factual tokens whose first x are all kept,
//                   LCP ≥ x: what the exact law calls P(LCP > x − 1). 1 at x = 0
//   histogram       pairs by their LCP, in bins of equal width; unchanged pairs stand apart
//
// Intervals are over whole strings (statistics.h). Memory: 12 bytes a pair.
#pragma once

#include <vector>

#include "otherwise/generate/record.h"
#include "otherwise/measure/statistics.h"

namespace otherwise {

struct CurvePoint {
    int tokens = 0;  ///< x
    Measured share;
};

struct LcpHistogram {
    int width = 1;             ///< tokens a bin: bin i holds LCPs from i · width on
    std::vector<long> counts;  ///< of the pairs that changed
    long unchanged = 0;
};

class CurveBuilder {
public:
    void add(const Pair& pair);

    /// At most `most` points (at least 2), evenly spaced from 1 to the longest factual string.
    /// Empty without pairs.
    [[nodiscard]] std::vector<CurvePoint> survival(int most) const;

    /// At most `most` bins (at least 1).
    [[nodiscard]] LcpHistogram histogram(int most) const;

private:
    struct Row {
        int cluster = 0;
        int lcp = 0;
        int length = 0;
        bool unchanged = false;
    };
    std::vector<Row> rows_;
};

}  // namespace otherwise
