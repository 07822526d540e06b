#include "otherwise/measure/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

struct Data {
    std::vector<double> values;
    std::vector<int> clusters;
};

std::vector<int> each_alone(std::size_t n) {
    std::vector<int> clusters(n);
    std::iota(clusters.begin(), clusters.end(), 0);
    return clusters;
}

/// `clusters` strings of `samples` values: a string's own part plus noise of these deviations.
Data nested(std::mt19937_64& engine, int clusters, int samples, double between, double within) {
    std::normal_distribution<double> normal;
    Data data;
    for (int c = 0; c < clusters; ++c) {
        const double own = between * normal(engine);
        for (int s = 0; s < samples; ++s) {
            data.values.push_back(own + within * normal(engine));
            data.clusters.push_back(c);
        }
    }
    return data;
}

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

TEST(ClusterRate, OfNothingSeenIsNotCertain) {
    const std::vector<double> none(10, 0.0);
    const auto clusters = each_alone(none.size());
    const auto rate = cluster_rate(none, clusters);
    EXPECT_EQ(rate.value, 0.0);
    EXPECT_EQ(rate.interval.low, 0.0);
    EXPECT_NEAR(rate.interval.high, 0.3085, 1e-4);  // Clopper and Pearson, 0 of 10
    const auto same = cluster_rate_difference(none, clusters);
    EXPECT_EQ(same.value, 0.0);
    EXPECT_NEAR(same.interval.low, -0.3085, 1e-4);
    EXPECT_NEAR(same.interval.high, 0.3085, 1e-4);
    const std::vector<double> all(10, 1.0);
    EXPECT_NEAR(cluster_rate(all, clusters).interval.low, 1 - 0.3085, 1e-4);
    EXPECT_EQ(cluster_rate(all, clusters).interval.high, 1.0);
    // Ten values of one string are one trial, or unknown where they differ.
    const std::vector<int> one(10, 0);
    EXPECT_NEAR(cluster_rate(none, one).interval.high, 0.975, 1e-12);
    std::vector<double> some = none;
    some[0] = 1.0;
    EXPECT_FALSE(cluster_rate(some, one).interval.known());
    EXPECT_TRUE(std::isnan(cluster_rate({}, {}).value));
    EXPECT_TRUE(std::isnan(cluster_rate_difference({}, {}).value));
    EXPECT_ERROR(cluster_rate(some, {}), "a cluster for each value");
}

TEST(ClusterRate, OfSingleValuesIsClopperAndPearsons) {
    std::vector<double> values(50, 1.0);
    std::fill_n(values.begin(), 5, 0.0);
    const auto rate = cluster_rate(values, each_alone(50));
    EXPECT_NEAR(rate.value, 0.9, 1e-12);
    EXPECT_NEAR(rate.interval.low, 0.78186, 1e-5);  // R's binom.test(45, 50)
    EXPECT_NEAR(rate.interval.high, 0.96672, 1e-5);
    // Samples that always agree are no more than one: 5 + 1 clusters of 50 more or less.
    std::vector<double> twice;
    std::vector<int> clusters;
    for (int i = 0; i < 50; ++i) {
        twice.insert(twice.end(), 2, values[static_cast<std::size_t>(i)]);
        clusters.insert(clusters.end(), 2, i);
    }
    const auto again = cluster_rate(twice, clusters);
    EXPECT_EQ(again.clusters, 50);
    EXPECT_NEAR(again.interval.low, rate.interval.low, 0.01);
    EXPECT_GT(cluster_rate(twice, each_alone(100)).interval.low, rate.interval.low + 0.03);
}

/// A string's own chance: Beta with mean p, so that two of its samples correlate by `alike`.
double own_chance(std::mt19937_64& engine, double p, double alike) {
    if (alike == 0.0) {
        return p;
    }
    std::gamma_distribution<double> yes(p * (1.0 - alike) / alike);
    std::gamma_distribution<double> no((1.0 - p) * (1.0 - alike) / alike);
    const double x = yes(engine);
    const double y = no(engine);
    return x + y > 0.0 ? x / (x + y) : 0.0;
}

struct Design {
    int clusters;
    int samples;
    double alike;
};

Data flips(std::mt19937_64& engine, double p, const Design& design) {
    std::uniform_real_distribution<double> uniform;
    Data data;
    for (int c = 0; c < design.clusters; ++c) {
        const double own = own_chance(engine, p, design.alike);
        for (int s = 0; s < design.samples; ++s) {
            data.values.push_back(uniform(engine) < own ? 1.0 : 0.0);
            data.clusters.push_back(c);
        }
    }
    return data;
}

bool holds(const Measured& measured, double value) {
    return measured.interval.low <= value && value <= measured.interval.high;
}

constexpr Design kDesigns[] = {{30, 1, 0.0},  {70, 1, 0.0},  {200, 1, 0.0},  {30, 10, 0.3},
                               {70, 10, 0.3}, {200, 4, 0.5}, {200, 10, 0.3}, {30, 20, 0.2}};

TEST(ClusterRate, IntervalsCoverAtEveryRate) {
    // 500 studies each: the deviation is 1 % at 95 %.
    constexpr int kStudies = 500;
    std::mt19937_64 engine(8);
    for (const double p : {0.0025, 0.01, 0.02, 0.1, 0.5}) {
        for (const auto& design : kDesigns) {
            int covered = 0;
            for (int study = 0; study < kStudies; ++study) {
                const Data data = flips(engine, p, design);
                covered += holds(cluster_rate(data.values, data.clusters), p) ? 1 : 0;
            }
            EXPECT_GE(covered, 0.93 * kStudies)
                << p << ", " << design.clusters << " strings of " << design.samples;
        }
    }
}

TEST(ClusterRate, ProbabilitiesHaveTheBootstrap) {
    std::mt19937_64 engine(9);
    Data data{.values = {}, .clusters = each_alone(40)};
    for (int i = 0; i < 40; ++i) {
        data.values.push_back(own_chance(engine, 0.3, 0.3));
    }
    EXPECT_EQ(cluster_rate(data.values, data.clusters).interval,
              cluster_mean(data.values, data.clusters).interval);
    data.values.assign(40, 0.25);
    EXPECT_EQ(cluster_rate(data.values, data.clusters).interval, (Interval{0.25, 0.25}));
}

TEST(ClusterRate, IntervalsAreNoWiderThanNeedBe) {
    // The control: 0.5 of 200 strings has 1.96 · √(0.25 / 200) on each side, and 4 samples that
    // correlate by 0.5 are worth 1.6.
    std::mt19937_64 engine(10);
    const auto width = [&](const Design& design) {
        double sum = 0.0;
        for (int study = 0; study < 50; ++study) {
            const Data data = flips(engine, 0.5, design);
            const auto interval = cluster_rate(data.values, data.clusters).interval;
            sum += (interval.high - interval.low) / 50.0;
        }
        return sum;
    };
    const double plain = 2.0 * 1.96 * std::sqrt(0.25 / 200.0);
    EXPECT_NEAR(width({200, 1, 0.0}) / plain, 1.0, 0.06);
    EXPECT_NEAR(width({200, 4, 0.5}) / (plain / std::sqrt(1.6)), 1.0, 0.06);
}

/// Paired: of each string a −1, 0 or 1 a sample, the rates of 1 and −1 given.
Data paired_flips(std::mt19937_64& engine, double up, double down, const Design& design) {
    std::uniform_real_distribution<double> uniform;
    Data data;
    for (int c = 0; c < design.clusters; ++c) {
        const double flip = own_chance(engine, up + down, design.alike);
        for (int s = 0; s < design.samples; ++s) {
            const bool flips = uniform(engine) < flip;
            const bool rises = uniform(engine) < up / (up + down);
            data.values.push_back(flips ? (rises ? 1.0 : -1.0) : 0.0);
            data.clusters.push_back(c);
        }
    }
    return data;
}

TEST(ClusterRateDifference, IntervalsCoverAtEveryRate) {
    struct Rates {
        double up;
        double down;
    };
    constexpr int kStudies = 400;
    std::mt19937_64 engine(11);
    for (const auto& [up, down] :
         {Rates{0.01, 0.0}, Rates{0.02, 0.005}, Rates{0.05, 0.05}, Rates{0.3, 0.1}}) {
        for (const auto& design : kDesigns) {
            int covered = 0;
            for (int study = 0; study < kStudies; ++study) {
                const Data data = paired_flips(engine, up, down, design);
                const auto measured = cluster_rate_difference(data.values, data.clusters);
                covered += holds(measured, up - down) ? 1 : 0;
            }
            EXPECT_GE(covered, 0.93 * kStudies)
                << up << " " << down << ", " << design.clusters << " strings of " << design.samples;
        }
    }
}

TEST(ClusterRateDifference, ProbabilitiesHaveTheBootstrap) {
    std::mt19937_64 engine(13);
    std::vector<double> values;
    for (int i = 0; i < 40; ++i) {
        values.push_back(own_chance(engine, 0.3, 0.3) - own_chance(engine, 0.1, 0.3));
    }
    const auto clusters = each_alone(values.size());
    EXPECT_EQ(cluster_rate_difference(values, clusters).interval,
              cluster_mean(values, clusters).interval);
}

TEST(ClusterRateDifference, FindsWhatIsThere) {
    // 9 of 60 strings changed in one run and none in the other; a mean of 0.02 ± 0.004 of 40.
    std::vector<double> flips(60, 0.0);
    std::fill_n(flips.begin(), 9, 1.0);
    EXPECT_GT(cluster_rate_difference(flips, each_alone(60)).interval.low, 0.0);
    std::mt19937_64 engine(12);
    const Data near = nested(engine, 40, 1, 0.0, 0.004);
    std::vector<double> probabilities = near.values;
    for (double& value : probabilities) {
        value += 0.02;
    }
    const auto measured = cluster_rate_difference(probabilities, near.clusters);
    EXPECT_GT(measured.interval.low, 0.01);
    EXPECT_LT(measured.interval.high, 0.03);
    // Differences of differences go twice as far.
    const std::vector<double> far(10, 2.0);
    EXPECT_EQ(cluster_rate_difference(far, each_alone(10), 2.0).value, 2.0);
    EXPECT_EQ(cluster_rate_difference(far, each_alone(10), 2.0).interval.high, 2.0);
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
