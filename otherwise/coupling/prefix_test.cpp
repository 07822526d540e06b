#include "otherwise/coupling/prefix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace otherwise {
namespace {

using testing::ElementsAre;

TEST(Prefix, IsTheProductOfStays) {
    const std::vector<double> stay{0.5, 1.0, 0.25};
    const auto law = prefix_law(stay);
    EXPECT_THAT(law.survival, ElementsAre(0.5, 0.5, 0.125));
    EXPECT_EQ(law.expected_lcp, 1.125);
    EXPECT_EQ(law.unchanged, 0.125);
    EXPECT_THAT(lcp_distribution(stay), ElementsAre(0.5, 0.0, 0.375, 0.125));
}

TEST(Prefix, DistributionHasTheExpectedMean) {
    const std::vector<double> stay{0.9, 0.7, 0.99, 0.2, 0.5};
    const auto distribution = lcp_distribution(stay);
    EXPECT_NEAR(std::accumulate(distribution.begin(), distribution.end(), 0.0), 1.0, 1e-15);
    double mean = 0.0;
    for (std::size_t t = 0; t < distribution.size(); ++t) {
        mean += static_cast<double>(t) * distribution[t];
    }
    EXPECT_NEAR(mean, prefix_law(stay).expected_lcp, 1e-15);
}

TEST(Prefix, OfNothingAndOfNoChance) {
    EXPECT_EQ(prefix_law({}).unchanged, 1.0);
    EXPECT_EQ(prefix_law({}).expected_lcp, 0.0);
    EXPECT_THAT(lcp_distribution({}), ElementsAre(1.0));
    const std::vector<double> stay{0.0, 1.0};
    EXPECT_EQ(prefix_law(stay).unchanged, 0.0);
    EXPECT_THAT(lcp_distribution(stay), ElementsAre(1.0, 0.0, 0.0));
}

}  // namespace
}  // namespace otherwise
