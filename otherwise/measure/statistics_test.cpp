#include "otherwise/measure/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/clustered.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using namespace clustered;

TEST(ClusterMean, OfValuesByHand) {
    const std::vector<double> values = {1.0, 2.0, 6.0, 3.0};
    const std::vector<int> clusters = {7, 7, 7, 9};
    const auto result = cluster_mean(values, clusters);
    EXPECT_EQ(result.value, 3.0);  // every value counts once, whatever its cluster
    EXPECT_EQ(result.n, 4);
    EXPECT_EQ(result.clusters, 2);
    EXPECT_EQ(result.interval, (Interval{3.0, 3.0}));  // both clusters have the same mean
}

TEST(ClusterMean, IntervalsCoverAsOftenAsTheySay) {
    // 400 studies of 100 strings with 5 correlated samples each. Coverage is binomial with
    // deviation 1.1 %; percentile intervals cover a little less than 95 %. False alarm < 1e-4.
    std::mt19937_64 engine(1);
    int covered = 0;
    int naive = 0;  // the control: each value as if it were a string of its own
    constexpr int kStudies = 400;
    for (int study = 0; study < kStudies; ++study) {
        const Data data = nested(engine, 100, 5, 1.0, 0.5);
        const auto inside = [](const Measured& m) {
            return m.interval.low <= 0.0 && m.interval.high >= 0.0 ? 1 : 0;
        };
        covered += inside(cluster_mean(data.values, data.clusters));
        if (study < kStudies / 4) {
            naive += inside(cluster_mean(data.values, each_alone(data.values.size())));
        }
    }
    EXPECT_GT(covered, 0.90 * kStudies);
    EXPECT_LT(covered, 0.99 * kStudies);
    EXPECT_LT(naive, 0.80 * kStudies / 4);
}

TEST(ClusterMean, IntervalAgreesWithTheVariance) {
    std::mt19937_64 engine(2);
    const Data data = nested(engine, 400, 3, 1.0, 1.0);
    const auto result = cluster_mean(data.values, data.clusters);
    const double deviation = std::sqrt(cluster_variance(data.values, data.clusters));
    EXPECT_NEAR((result.interval.high - result.interval.low) / (2 * 1.96 * deviation), 1.0, 0.08);
}

TEST(ClusterMean, DependsOnNeitherOrderNorNumbersOfClusters) {
    std::mt19937_64 engine(3);
    const Data data = nested(engine, 20, 3, 1.0, 1.0);
    const auto expected = cluster_mean(data.values, data.clusters);
    std::vector<std::size_t> order(data.values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), engine);
    Data other;
    for (const std::size_t i : order) {
        other.values.push_back(data.values[i]);
        other.clusters.push_back(1000 - 7 * data.clusters[i]);
    }
    const auto result = cluster_mean(other.values, other.clusters);
    EXPECT_EQ(result.value, expected.value);
    EXPECT_EQ(result.interval, expected.interval);
    // The control: another seed is another interval.
    EXPECT_NE(cluster_mean(data.values, data.clusters, 1).interval, expected.interval);
}

TEST(ClusterMean, IsTheSameOnEveryMachine) {
    // Golden: made by this code; std::mt19937_64 is fixed by the standard. Whole numbers, so that
    // rounding cannot matter.
    std::vector<double> values(64);
    std::iota(values.begin(), values.end(), 0.0);
    const auto result = cluster_mean(values, each_alone(values.size()));
    EXPECT_EQ(result.value, 31.5);
    EXPECT_EQ(result.interval, (Interval{27.0, 36.03125}));
}

TEST(ClusterMean, OfFewOrNone) {
    EXPECT_TRUE(std::isnan(cluster_mean({}, {}).value));
    EXPECT_FALSE(cluster_mean({}, {}).interval.known());
    const std::vector<double> values = {4.0, 5.0};
    const std::vector<int> one = {1, 1};
    const auto result = cluster_mean(values, one);
    EXPECT_EQ(result.value, 4.5);
    EXPECT_FALSE(result.interval.known());  // one string says nothing of others
    EXPECT_TRUE(is_small_sample(result));
    EXPECT_FALSE(is_small_sample(Measured{.clusters = kFewClusters}));
    EXPECT_ERROR(cluster_mean(values, {}), "a cluster for each value");
}

TEST(ClusterMean, OfInfiniteValues) {
    std::vector<double> values(50, 1.0);
    values[3] = kInfinity;
    const auto clusters = each_alone(values.size());
    const auto result = cluster_mean(values, clusters);
    EXPECT_EQ(result.value, kInfinity);
    EXPECT_EQ(result.interval.high, kInfinity);
    values[4] = -kInfinity;
    EXPECT_TRUE(std::isnan(cluster_mean(values, clusters).value));
    EXPECT_FALSE(cluster_mean(values, clusters).interval.known());
    values[4] = std::nan("");
    EXPECT_TRUE(std::isnan(cluster_mean(values, clusters).value));
    EXPECT_EQ(cluster_median(values, clusters).n, 50);
}

TEST(ClusterMedian, OfValuesByHand) {
    const std::vector<double> odd = {5.0, 1.0, 3.0};
    EXPECT_EQ(cluster_median(odd, each_alone(3)).value, 3.0);
    const std::vector<double> even = {5.0, 1.0, 3.0, 4.0};
    EXPECT_EQ(cluster_median(even, each_alone(4)).value, 3.5);
    const auto result = cluster_median(even, each_alone(4));
    EXPECT_GE(result.interval.low, 1.0);
    EXPECT_LE(result.interval.high, 5.0);
    EXPECT_LT(result.interval.low, result.interval.high);
}

TEST(ClusterMedian, IntervalOfManyValues) {
    // The median of n normal values has deviation 1.2533 / √n. One interval's width is known to
    // about 15 % at n = 400, the mean of 30 to 3 %.
    std::mt19937_64 engine(5);
    constexpr int kStudies = 30;
    double width = 0.0;
    for (int study = 0; study < kStudies; ++study) {
        const Data data = nested(engine, 400, 1, 0.0, 1.0);
        const auto result = cluster_median(data.values, data.clusters);
        width += (result.interval.high - result.interval.low) / kStudies;
    }
    EXPECT_NEAR(width / (2 * 1.96 * 1.2533 / std::sqrt(400.0)), 1.0, 0.15);
}

TEST(Resampler, KeptDrawsGiveTheSameIntervals) {
    Resampler kept(3);
    for (const int clusters : {40, 40, 25, 40}) {
        std::vector<double> values;
        for (int i = 0; i < clusters; ++i) {
            values.push_back(std::sin(i) + clusters);
        }
        const auto alone = each_alone(values.size());
        EXPECT_EQ(cluster_mean(values, alone, kept).interval,
                  cluster_mean(values, alone, 3).interval);
        EXPECT_EQ(cluster_median(values, alone, kept).interval,
                  cluster_median(values, alone, 3).interval);
        EXPECT_NE(cluster_mean(values, alone, kept).interval,
                  cluster_mean(values, alone, 4).interval);
    }
}

TEST(Resampler, DrawsFewerResamplesOfManyClusters) {
    Resampler resampler;
    EXPECT_EQ(resampler.draws(5'000).size(), 5'000U * 2'000U);
    EXPECT_EQ(resampler.draws(20'000).size(), 20'000U * 500U);
    EXPECT_EQ(resampler.draws(100'000).size(), 100'000U * 200U);
}

}  // namespace
}  // namespace otherwise
