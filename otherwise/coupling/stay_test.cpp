#include "otherwise/coupling/stay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "hwy/targets.h"
#include "otherwise/base/error.h"
#include "otherwise/coupling/gumbel.h"
#include "tests/support/stay_reference.h"

namespace otherwise {
namespace {

constexpr double kExact = 1e-12;
constexpr double kMasked = -std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> random_logits(std::mt19937_64& random, std::size_t n, double spread) {
    std::normal_distribution<double> normal(0.0, spread);
    std::vector<double> logits(n);
    for (double& logit : logits) {
        logit = random() % 5 == 0 ? kMasked : normal(random);
    }
    logits[0] = normal(random);
    return logits;
}

/// On every instruction set of this processor.
template <typename Body>
void on_each_target(const Body& body) {
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        SCOPED_TRACE(hwy::TargetName(target));
        hwy::SetSupportedTargetsForTest(target);
        hwy::GetChosenTarget().Update(target);
        body();
    }
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
}

/// body(p, q), p [n] and q [n to n + 2], over sizes and spreads.
template <typename Body>
void for_each_pair(const Body& body) {
    std::mt19937_64 random(5);
    for (const std::size_t n : {1U, 2U, 3U, 7U, 8U, 9U, 64U, 1001U}) {
        for (const double spread : {0.1, 3.0, 60.0}) {
            const auto p = random_logits(random, n, spread);
            body(p, random_logits(random, n + random() % 3, spread));
        }
    }
}

TEST(Stay, IsTheDefinition) {
    on_each_target([] {
        for_each_pair([](const std::vector<double>& p, const std::vector<double>& q) {
            EXPECT_NEAR(stay_of_logits(p, q, 0), test::gumbel_stay(p, q, 0), kExact) << p.size();
            const auto of_p = test::probabilities_of(p, p.size());
            const auto of_q = test::probabilities_of(q, q.size());
            if (of_p[0] > 0.0) {
                EXPECT_NEAR(stay_of_probabilities(of_p, of_q, 0), test::gumbel_stay(p, q, 0),
                            kExact);
            }
        });
    });
}

TEST(Stay, IsTheCouplings) {
    GumbelCoupling coupling;
    for_each_pair([&](const std::vector<double>& p, const std::vector<double>& q) {
        coupling.assign(p, q);
        EXPECT_NEAR(stay_of_logits(p, q, 0), coupling.stay(0), kExact) << p.size();
    });
}

TEST(Stay, OfFloatsIsThatOfTheirDoubles) {
    std::mt19937_64 random(6);
    const auto p = random_logits(random, 77, 4.0);
    const auto q = random_logits(random, 77, 4.0);
    const std::vector<float> narrow_p(p.begin(), p.end());
    const std::vector<float> narrow_q(q.begin(), q.end());
    const std::vector<double> wide_p(narrow_p.begin(), narrow_p.end());
    const std::vector<double> wide_q(narrow_q.begin(), narrow_q.end());
    EXPECT_EQ(stay_of_logits(narrow_p, narrow_q, 0), stay_of_logits(wide_p, wide_q, 0));
    EXPECT_NE(stay_of_logits(narrow_p, narrow_q, 0), stay_of_logits(p, q, 0));
    EXPECT_EQ(
        stay_of_probabilities(std::vector<float>{0.5F, 0.5F}, std::vector<float>{0.25F, 0.75F}, 0),
        stay_of_probabilities(std::vector<double>{0.5, 0.5}, std::vector<double>{0.25, 0.75}, 0));
}

TEST(Stay, OfEqualRowsIsOne) {
    on_each_target([] {
        std::mt19937_64 random(7);
        for (const std::size_t n : {1U, 5U, 333U}) {
            const auto p = random_logits(random, n, 5.0);
            EXPECT_EQ(stay_of_logits(p, p, 0), 1.0);
        }
    });
}

TEST(Stay, DoesNotOverflow) {
    const std::vector<double> p{0.0, -600.0, -1e6};
    const std::vector<double> q{-600.0, 0.0, -1e6};
    EXPECT_NEAR(stay_of_logits(p, q, 0) / std::exp(-600.0), 1.0, kExact);
    EXPECT_NEAR(stay_of_logits(p, q, 1), 1.0, kExact);
    EXPECT_NEAR(stay_of_logits(p, q, 2), 0.5, kExact);
    EXPECT_NEAR(
        stay_of_probabilities(std::vector<double>{1.0, 0.0}, std::vector<double>{1e-320, 1.0}, 0),
        0.0, 1e-300);
    EXPECT_EQ(stay_of_logits(p, std::vector<double>{kMasked, 0.0, 0.0}, 0), 0.0);
}

TEST(Stay, RefusesWhatIsNoLaw) {
    on_each_target([] {
        for (const std::size_t n : {1U, 6U, 50U}) {
            const std::vector<double> fine(n, 0.0);
            for (const double bad : {kNaN, -kMasked}) {
                for (std::size_t k = 0; k < n; ++k) {
                    auto p = fine;
                    p[k] = bad;
                    EXPECT_THROW(static_cast<void>(stay_of_logits(p, fine, 0)), Error);
                    EXPECT_THROW(static_cast<void>(stay_of_logits(fine, p, 0)), Error);
                    EXPECT_THROW(static_cast<void>(log_sum_exp(p)), Error);
                    std::vector<double> weights(n, 1.0 / static_cast<double>(n));
                    weights[k] = k % 2 == 0 ? kNaN : -weights[k];
                    EXPECT_THROW(static_cast<void>(stay_of_probabilities(weights, weights, 0)),
                                 Error);
                }
            }
            const std::vector<double> none(n, kMasked);
            EXPECT_THROW(static_cast<void>(stay_of_logits(fine, none, 0)), Error);
            EXPECT_THROW(static_cast<void>(stay_of_logits(none, fine, 0)), Error);
        }
    });
    const std::vector<double> p{kMasked, 0.0};
    EXPECT_THROW(static_cast<void>(stay_of_logits(p, p, 0)), Error);
    EXPECT_THROW(static_cast<void>(stay_of_logits(p, p, 2)), Error);
    EXPECT_THROW(static_cast<void>(stay_of_logits(p, p, -1)), Error);
    EXPECT_THROW(static_cast<void>(stay_of_probabilities(std::vector<double>{0.0, 1.0},
                                                         std::vector<double>{0.5, 0.5}, 0)),
                 Error);
    EXPECT_THROW(static_cast<void>(stay_of_probabilities(std::vector<double>{0.5, 0.6},
                                                         std::vector<double>{0.5, 0.5}, 0)),
                 Error);
}

TEST(Stay, LogSumExp) {
    EXPECT_NEAR(log_sum_exp(std::vector<double>{1000.0, 1000.0, kMasked}), 1000.0 + std::log(2.0),
                1e-10);
    EXPECT_EQ(log_sum_exp(std::vector<double>{-3.0}), -3.0);
}

}  // namespace
}  // namespace otherwise
