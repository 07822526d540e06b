#include "otherwise/base/binomial.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace otherwise {
namespace {

/// P(at least k of n), by its sum.
double at_least(int k, int n, double p) {
    double sum = 0.0;
    for (int i = k; i <= n; ++i) {
        const double ways = std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0);
        sum += std::exp(ways + i * std::log(p) + (n - i) * std::log1p(-p));
    }
    return sum;
}

TEST(BetaCdf, IsTheTailOfABinomial) {
    // I_p(k, n − k + 1) = P(at least k of n).
    for (const int n : {1, 5, 40, 300}) {
        for (const int k : {1, (n + 1) / 2, n}) {
            for (const double p : {0.003, 0.2, 0.5, 0.97}) {
                const double expected = at_least(k, n, p);
                EXPECT_NEAR(beta_cdf(p, k, n - k + 1.0), expected, 1e-11 * (1.0 + expected));
            }
        }
    }
    EXPECT_EQ(beta_cdf(0.0, 2.0, 3.0), 0.0);
    EXPECT_EQ(beta_cdf(1.0, 2.0, 3.0), 1.0);
    // The law of the arc sine, where neither is whole.
    EXPECT_NEAR(beta_cdf(0.25, 0.5, 0.5), 1.0 / 3.0, 1e-12);
}

TEST(BetaQuantile, IsTheInverse) {
    for (const double a : {0.02, 1.0, 7.5, 900.0}) {
        for (const double p : {0.025, 0.5, 0.975}) {
            EXPECT_NEAR(beta_cdf(beta_quantile(p, a, 30.0), a, 30.0), p, 1e-11);
        }
    }
}

TEST(StudentBound, IsThatOfTables) {
    EXPECT_NEAR(student_bound(0.95, 1.0), 12.7062, 1e-4);
    EXPECT_NEAR(student_bound(0.95, 29.0), 2.0452, 1e-4);
    EXPECT_NEAR(student_bound(0.95, 1e6), 1.95997, 1e-5);
    EXPECT_NEAR(student_bound(0.99, 10.0), 3.1693, 1e-4);
}

TEST(ClopperPearson, IsThatOfTables) {
    // Golden: R's binom.test.
    const auto some = clopper_pearson(45, 50);
    EXPECT_NEAR(some.low, 0.78186, 1e-5);
    EXPECT_NEAR(some.high, 0.96672, 1e-5);
    const auto none = clopper_pearson(0, 10);
    EXPECT_EQ(none.low, 0.0);
    EXPECT_NEAR(none.high, 1.0 - std::pow(0.025, 0.1), 1e-12);
    EXPECT_EQ(clopper_pearson(10, 10).high, 1.0);
    EXPECT_EQ(clopper_pearson(0, 0).low, 0.0);
    EXPECT_EQ(clopper_pearson(0, 0).high, 1.0);
    EXPECT_LT(clopper_pearson(45, 50, 0.999).low, some.low);
}

TEST(ClopperPearson, CoversAtEveryRate) {
    // Exactly, by the sum over all outcomes; just below one of n Wilson's covers 84 %.
    for (const int n : {30, 70, 200}) {
        for (const double p : {0.0008, 0.0025, 0.17 / n, 0.02, 0.1, 0.5}) {
            double covered = 0.0;
            for (int k = 0; k <= n; ++k) {
                const auto interval = clopper_pearson(k, n);
                const double chance = at_least(k, n, p) - (k < n ? at_least(k + 1, n, p) : 0.0);
                covered += interval.low <= p && p <= interval.high ? chance : 0.0;
            }
            EXPECT_GE(covered, 0.95) << n << " " << p;
        }
    }
}

}  // namespace
}  // namespace otherwise
