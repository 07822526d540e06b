#include "otherwise/fit/methods/accuracy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace otherwise {
namespace {

Accuracy accuracy_of(const std::vector<SetAccuracy>& sets) {
    Accuracy accuracy;
    accuracy.sets = sets;
    return accuracy;
}

TEST(AccuracyInterval, OfOneSetIsClopperAndPearsons) {
    const auto some = accuracy_of({{.right = 45, .n = 50}});
    EXPECT_NEAR(some.low(), 0.78186, 1e-5);  // R's binom.test
    EXPECT_NEAR(some.high(), 0.96672, 1e-5);
    EXPECT_LT(some.low(0.99), some.low());
}

TEST(AccuracyInterval, AddsTheSetsDistancesAsSquares) {
    // Golden: 45 of 50 and 10 of 10, each with the limits of R's binom.test.
    const auto both = accuracy_of({{.right = 45, .n = 50}, {.right = 10, .n = 10}});
    EXPECT_NEAR(both.rate(), 0.95, 1e-12);
    EXPECT_EQ(both.n(), 60);
    EXPECT_NEAR(both.low(), 0.95 - std::hypot(0.9 - 0.78186, 1.0 - 0.69150) / 2.0, 1e-5);
    EXPECT_NEAR(both.high(), 0.95 + (0.96672 - 0.9) / 2.0, 1e-5);
    EXPECT_EQ(both.chance(), 0.5);
}

TEST(AccuracyInterval, OfAlwaysNamingTheLargerSetIsAroundChance) {
    const auto larger = accuracy_of({{.right = 160, .n = 160}, {.right = 0, .n = 32}});
    EXPECT_EQ(larger.rate(), 0.5);
    EXPECT_LT(larger.low(), 0.5);
    EXPECT_GT(larger.high(), 0.5);
    const auto three = accuracy_of({{.right = 9, .n = 9}, {.n = 9}, {.n = 40}});
    EXPECT_NEAR(three.rate(), three.chance(), 1e-12);
}

TEST(AccuracyInterval, OfNothingIsEverything) {
    for (const auto& none : {Accuracy(), accuracy_of({{.right = 3, .n = 3}, {.n = 0}})}) {
        EXPECT_EQ(none.n(), 0);
        EXPECT_TRUE(std::isnan(none.rate()));
        EXPECT_EQ(none.low(), 0.0);
        EXPECT_EQ(none.high(), 1.0);
    }
}

/// Whether a guess that names the first set with chance q is found to tell the sets apart.
double false_alarms(double q, const std::vector<long>& sizes) {
    std::vector<double> log_factorial(200, 0.0);
    for (std::size_t i = 1; i < log_factorial.size(); ++i) {
        log_factorial[i] = log_factorial[i - 1] + std::log(static_cast<double>(i));
    }
    const auto chance = [&](long k, long n, double p) {
        const auto at = [&](long i) { return log_factorial[static_cast<std::size_t>(i)]; };
        return std::exp(at(n) - at(k) - at(n - k) + static_cast<double>(k) * std::log(p) +
                        static_cast<double>(n - k) * std::log1p(-p));
    };
    double found = 0.0;
    for (long a = 0; a <= sizes[0]; ++a) {
        for (long b = 0; b <= sizes[1]; ++b) {
            const auto one =
                accuracy_of({{.right = a, .n = sizes[0]}, {.right = b, .n = sizes[1]}});
            found += one.low() > 0.5 ? chance(a, sizes[0], q) * chance(b, sizes[1], 1.0 - q) : 0.0;
        }
    }
    return found;
}

TEST(AccuracyInterval, OfAGuessIsRarelyAboveChance) {
    for (const auto& sizes : {std::vector<long>{2, 2}, {6, 6}, {16, 3}, {32, 6}, {40, 40}}) {
        for (const double q : {0.1, 0.5, 0.8, 0.97}) {
            EXPECT_LE(false_alarms(q, sizes), 0.03) << sizes[0] << " " << sizes[1] << " " << q;
        }
    }
}

}  // namespace
}  // namespace otherwise
