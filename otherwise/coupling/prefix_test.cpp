#include "otherwise/coupling/prefix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace otherwise {
namespace {

using testing::ElementsAre;

TEST(Prefix, IsTheProductOfStays) {
    const std::vector<double> stay{0.5, 1.0, 0.25};
    const auto law = prefix_law(stay);
    EXPECT_THAT(law.survival, ElementsAre(0.5, 0.5, 0.125));
    EXPECT_EQ(law.expected_lcp, 1.125);
    EXPECT_EQ(law.unchanged, 0.125);
}

/// P(LCP = t) = survival[t − 1] (1 − stay_t) for t < n, and P(LCP = n) = P(unchanged).
TEST(Prefix, TheExpectedLcpIsTheMeanOfItsLaw) {
    const std::vector<double> stay{0.9, 0.7, 0.99, 0.2, 0.5};
    const auto law = prefix_law(stay);
    double mean = static_cast<double>(stay.size()) * law.unchanged;
    double all = law.unchanged;
    for (std::size_t t = 0; t < stay.size(); ++t) {
        const double here = (t == 0 ? 1.0 : law.survival[t - 1]) * (1.0 - stay[t]);
        mean += static_cast<double>(t) * here;
        all += here;
    }
    EXPECT_NEAR(all, 1.0, 1e-15);
    EXPECT_NEAR(mean, law.expected_lcp, 1e-15);
}

TEST(Prefix, OfNothingAndOfNoChance) {
    EXPECT_EQ(prefix_law({}).unchanged, 1.0);
    EXPECT_EQ(prefix_law({}).expected_lcp, 0.0);
    const std::vector<double> stay{0.0, 1.0};
    EXPECT_EQ(prefix_law(stay).unchanged, 0.0);
}

}  // namespace
}  // namespace otherwise
