#include "otherwise/measure/clusters.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(Clusters, AreInTheOrderOfTheirValues) {
    const std::vector<double> values = {3.0, 9.0, 1.0, 2.0};
    const std::vector<int> clusters = {5, 2, 5, 7};
    const std::vector<std::vector<double>> expected = {{1.0, 3.0}, {2.0}, {9.0}};
    EXPECT_EQ(grouped(values, clusters), expected);
    // The same of the values in another order, and of clusters with other numbers.
    const std::vector<double> turned = {9.0, 1.0, 2.0, 3.0};
    const std::vector<int> others = {8, 1, 0, 1};
    EXPECT_EQ(grouped(turned, others), expected);
    EXPECT_ERROR((void)grouped(values, {}), "a cluster for each value");
}

TEST(Clusters, TotalsByHand) {
    const auto totals = totals_of({{1.0, 3.0}, {2.0}});
    EXPECT_EQ(totals, (std::vector<Total>{{4.0, 2.0}, {2.0, 1.0}}));
    EXPECT_EQ(sum_of(totals), (Total{6.0, 3.0}));
    EXPECT_EQ(mean_of(totals), 2.0);
    EXPECT_EQ(squares_about(totals, 2.0), 0.0);
    EXPECT_EQ(squares_about(totals, 1.0), 4.0 + 1.0);
}

TEST(Clusters, OfNothing) {
    EXPECT_TRUE(grouped({}, {}).empty());
    EXPECT_TRUE(std::isnan(counted(3, 2).value));
    EXPECT_EQ(counted(3, 2).clusters, 2);
    const std::vector<double> values = {0.0, std::numeric_limits<double>::quiet_NaN()};
    EXPECT_TRUE(any_nan(values));
    EXPECT_FALSE(any_nan({}));
}

}  // namespace
}  // namespace otherwise
