// The vectorised comparison against plain double precision.
#include "otherwise/coupling/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "otherwise/coupling/bounds.h"
#include "otherwise/coupling/gumbel.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();
constexpr double kFloat = 3e-7;  // of a value that is made of float weights

/// A law that owns its rows.
struct OwnLaw {
    std::vector<float> logits;
    std::vector<float> weights;
    Law law;

    explicit OwnLaw(std::vector<float> row) : logits(std::move(row)) {
        const float peak = *std::ranges::max_element(logits);
        double sum = 0.0;
        for (const float logit : logits) {
            weights.push_back(static_cast<float>(std::exp(double{logit} - peak)));
            sum += std::exp(double{logit} - peak);
        }
        law.logits = logits;
        law.weights = weights;
        law.peak = peak;
        law.log_norm = peak + std::log(sum);
    }
    OwnLaw(const OwnLaw&) = delete;
    OwnLaw& operator=(const OwnLaw&) = delete;
    ~OwnLaw() = default;
};

std::vector<float> random_row(std::mt19937& random, std::size_t n, float spread,
                              double masked = 0.0) {
    std::normal_distribution<float> normal(0.0F, spread);
    std::uniform_real_distribution<double> uniform;
    std::vector<float> row(n);
    for (float& logit : row) {
        logit = uniform(random) < masked ? kMasked : normal(random);
    }
    row[n / 2] = 1.0F;
    return row;
}

void expect_plain(const OwnLaw& p, const OwnLaw& q, Token w) {
    std::vector<double> a;
    std::vector<double> b;
    double_logits(p.law, a);
    double_logits(q.law, b);
    GumbelCoupling coupling;
    coupling.assign(a, b);
    double kl = 0.0;
    double product = 0.0;
    for (Token k = 0; k < static_cast<Token>(coupling.size()); ++k) {
        product += coupling.p(k) * coupling.q(k);
        if (coupling.p(k) > 0.0) {
            kl += coupling.p(k) * (p.law.log_prob(k) - q.law.log_prob(k));
        }
    }
    const Comparison result = compare(p.law, q.law, w);
    EXPECT_NEAR(result.stay, coupling.stay(w), kFloat * coupling.stay(w) + 1e-30);
    EXPECT_NEAR(result.same_draw, product, kFloat * product + 1e-30);
    if (std::isfinite(kl)) {
        EXPECT_NEAR(result.kl, kl, kFloat * std::max(1.0, kl));
    } else {
        EXPECT_EQ(result.kl, kl);
    }
    EXPECT_EQ(result.log_p, p.law.log_prob(w));
    EXPECT_EQ(result.log_q, q.law.log_prob(w));
    EXPECT_EQ(result.top_p, std::ranges::max_element(p.logits) - p.logits.begin());
    EXPECT_EQ(result.top_q, std::ranges::max_element(q.logits) - q.logits.begin());
    EXPECT_LE(result.stay, 1.0);
    EXPECT_GE(result.kl, 0.0);
}

TEST(Compare, IsThePlainDefinition) {
    std::mt19937 random(3);
    for (const std::size_t n : {1U, 2U, 7U, 8U, 9U, 31U, 64U, 1000U}) {
        for (const float spread : {0.1F, 3.0F, 30.0F}) {
            const OwnLaw p(random_row(random, n, spread));
            const OwnLaw q(random_row(random, n, spread));
            for (const std::size_t w : {std::size_t{0}, n / 2, n - 1}) {
                expect_plain(p, q, static_cast<Token>(w));
            }
        }
    }
}

TEST(Compare, TakesMasksAndShorterVocabularies) {
    std::mt19937 random(4);
    for (const std::size_t m : {90U, 100U, 117U}) {
        for (int repeat = 0; repeat < 10; ++repeat) {
            const OwnLaw p(random_row(random, 100, 2.0F, 0.4));
            const OwnLaw q(random_row(random, m, 2.0F, 0.4));
            for (Token w = 0; w < 100; ++w) {
                if (std::isfinite(p.law.log_prob(w))) {
                    expect_plain(p, q, w);
                }
            }
        }
    }
}

TEST(Compare, EqualLawsAreExact) {
    std::mt19937 random(5);
    for (const std::size_t n : {5U, 49152U}) {
        const OwnLaw p(random_row(random, n, 4.0F, 0.1));
        for (Token w = 0; w < static_cast<Token>(n); w += 1 + static_cast<Token>(n / 50)) {
            if (std::isfinite(p.law.log_prob(w))) {
                const Comparison same = compare(p.law, p.law, w);
                EXPECT_EQ(same.stay, 1.0);
                EXPECT_EQ(same.kl, 0.0);
                EXPECT_EQ(same.log_p, same.log_q);
            }
        }
        auto row = p.logits;
        row[n / 2] += 0.001F;  // the control
        const OwnLaw q(row);
        const auto other = std::ranges::find_if(p.logits, [](float l) { return l > kMasked; });
        ASSERT_NE(other - p.logits.begin(), static_cast<std::ptrdiff_t>(n / 2));
        EXPECT_LT(compare(p.law, q.law, static_cast<Token>(other - p.logits.begin())).stay, 1.0);
    }
}

TEST(Compare, TemperatureZero) {
    const OwnLaw soft({0.0F, 1.0F, 2.0F});
    OwnLaw greedy({kMasked, 0.0F, kMasked});
    greedy.law.greedy = true;
    greedy.law.best = 1;
    EXPECT_EQ(compare(soft.law, greedy.law, 1).stay, 1.0);
    EXPECT_EQ(compare(soft.law, greedy.law, 0).stay, 0.0);
    EXPECT_EQ(compare(soft.law, greedy.law, 0).kl, std::numeric_limits<double>::infinity());
    const auto from_greedy = compare(greedy.law, soft.law, 1);
    EXPECT_NEAR(from_greedy.stay, std::exp(soft.law.log_prob(1)), 1e-7);
    EXPECT_NEAR(from_greedy.kl, -soft.law.log_prob(1), 1e-6);
}

TEST(Compare, ExtremesAreNoNaN) {
    const OwnLaw p({0.0F, -500.0F, 3e38F});
    const OwnLaw q({3e38F, 0.0F, -3e38F});
    for (const Token w : {0, 1, 2}) {
        const auto result = compare(p.law, q.law, w);
        EXPECT_GE(result.stay, 0.0);
        EXPECT_LE(result.stay, 1.0);
        EXPECT_FALSE(std::isnan(result.kl));
        EXPECT_FALSE(std::isnan(result.same_draw));
    }
}

TEST(Compare, RefusesTheImpossible) {
    const OwnLaw p({0.0F, kMasked});
    EXPECT_ERROR((void)compare(p.law, p.law, 1), "token 1");
    EXPECT_ERROR((void)compare(p.law, p.law, 9), "token 9");
    Law bare = p.law;
    bare.weights = {};
    EXPECT_ERROR((void)compare(bare, p.law, 0), "token 0");
}

}  // namespace
}  // namespace otherwise
