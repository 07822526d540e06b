#include "otherwise/measure/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otherwise {
namespace {

TEST(Histogram, HoldsEveryValueOnce) {
    const std::vector<double> values = {0.0, 0.1, 0.25, 0.5, 0.99, 1.0};
    const Histogram h = histogram_of(values, 0.0, 1.0, 4);
    EXPECT_EQ(h.counts, (std::vector<long>{2, 1, 1, 2}));
    EXPECT_EQ(h.width, 0.25);
    EXPECT_EQ(h.median, 0.375);
    EXPECT_EQ(h.smallest, 0.0);
}

TEST(Histogram, ValuesBeyondTheEndsAreInTheLastBins) {
    const std::vector<double> values = {-1.0, 2.0, 2.0};
    EXPECT_EQ(histogram_of(values, 0.0, 1.0, 2).counts, (std::vector<long>{1, 2}));
}

TEST(Histogram, OfNothing) {
    const Histogram h = histogram_of({}, 0.0, 1.0, 3);
    EXPECT_EQ(h.counts, (std::vector<long>{0, 0, 0}));
    EXPECT_TRUE(std::isnan(h.median));
}

}  // namespace
}  // namespace otherwise
