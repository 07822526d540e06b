#include "otherwise/fit/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otherwise {
namespace {

// Golden: the roots of (p − q)² = z² q (1 − q) / n in q, worked by hand to four places.
TEST(AccuracyInterval, IsWilsons) {
    const Accuracy some{.right = 45, .n = 50};
    EXPECT_NEAR(some.low(), 0.7864, 5e-5);
    EXPECT_NEAR(some.high(), 0.9565, 5e-5);
    const Accuracy all{.right = 20, .n = 20};
    EXPECT_NEAR(all.low(), 0.8389, 5e-5);
    EXPECT_NEAR(all.high(), 1.0, 1e-12);
}

TEST(AccuracyInterval, OfNothingIsEverything) {
    const Accuracy none;
    EXPECT_TRUE(std::isnan(none.rate()));
    EXPECT_EQ(none.low(), 0.0);
    EXPECT_EQ(none.high(), 1.0);
}

}  // namespace
}  // namespace otherwise
