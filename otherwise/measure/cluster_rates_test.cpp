#include "otherwise/measure/cluster_rates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/support/clustered.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using namespace clustered;

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

}  // namespace
}  // namespace otherwise
