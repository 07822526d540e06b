#include "otherwise/measure/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "otherwise/measure/statistics.h"
#include "tests/support/clustered.h"

namespace otherwise {
namespace {

using namespace clustered;

TEST(VarianceRatio, OfPairsIsWhatPairingSaves) {
    // after = before + noise: independent samples would have var 1 + 1.04, the pairs have 0.04.
    std::mt19937_64 engine(6);
    const Data before = nested(engine, 4000, 1, 0.0, 1.0);
    Data after = nested(engine, 4000, 1, 0.0, 0.2);
    for (std::size_t i = 0; i < after.values.size(); ++i) {
        after.values[i] += before.values[i];
    }
    EXPECT_NEAR(variance_ratio(before.values, after.values, before.clusters), 2.04 / 0.04, 5.0);
    // The control: pairs of independent values save nothing.
    const Data other = nested(engine, 4000, 1, 0.0, 1.0);
    EXPECT_NEAR(variance_ratio(before.values, other.values, before.clusters), 1.0, 0.1);
}

TEST(VarianceRatio, OfCorrelatedSamplesIsSmaller) {
    std::mt19937_64 engine(7);
    const Data before = nested(engine, 500, 4, 0.0, 1.0);
    const Data change = nested(engine, 500, 4, 1.0, 0.0);  // the same in all samples of a string
    std::vector<double> after = before.values;
    for (std::size_t i = 0; i < after.size(); ++i) {
        after[i] += change.values[i];
    }
    const double alone = variance_ratio(before.values, after, each_alone(after.size()));
    EXPECT_NEAR(variance_ratio(before.values, after, before.clusters) / alone, 0.25, 0.05);
}

TEST(VarianceRatio, WithoutSpread) {
    const std::vector<double> before = {0.0, 1.0, 0.0};
    const auto clusters = each_alone(3);
    EXPECT_EQ(variance_ratio(before, before, clusters), kInfinity);
    const std::vector<double> none(3, 0.0);
    EXPECT_TRUE(std::isnan(variance_ratio(none, none, clusters)));
    const std::vector<int> one(3, 0);
    EXPECT_TRUE(std::isnan(variance_ratio(before, before, one)));
}

TEST(McNemar, ExactValues) {
    EXPECT_EQ(mcnemar_exact(0, 0), 1.0);
    EXPECT_NEAR(mcnemar_exact(1, 0), 1.0, 1e-12);
    EXPECT_NEAR(mcnemar_exact(5, 0), 2.0 / 32, 1e-12);
    EXPECT_NEAR(mcnemar_exact(0, 5), 2.0 / 32, 1e-12);
    EXPECT_NEAR(mcnemar_exact(8, 2), 2.0 * (1 + 10 + 45) / 1024, 1e-12);
    EXPECT_NEAR(mcnemar_exact(6, 6), 1.0, 1e-12);
    EXPECT_NEAR(mcnemar_exact(5200, 4800), 6.6e-5, 0.3e-5);  // no underflow: z = 4, corrected 3.99
}

}  // namespace
}  // namespace otherwise
