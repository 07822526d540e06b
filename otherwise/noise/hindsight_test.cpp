// Hindsight as probability: it replays what was observed, its clocks are Exp(1) when pooled, and
// the counterfactuals it leads to have the laws that arithmetic gives them.
#include "otherwise/noise/hindsight.h"

#include <gtest/gtest.h>

#include "otherwise/noise/race.h"
#include "otherwise/noise/test_help.h"

namespace otherwise {
namespace {

using test::Row;

constexpr std::uint64_t kFactual = 1;  // seed of the field that the factual strings come from
constexpr std::uint64_t kField = 2;    // seed of the field that hindsight draws from

Token sample(const Row& row, std::uint32_t t) {
    return race(row.law(), Clocks(Place{.seed = kFactual, .position = t})).winner;
}

Row small_p() { return Row::of_probabilities({0.45, 0.3, 0.0, 0.15, 0.06, 0.04}); }
Row small_q() { return Row::of_probabilities({0.1, 0.35, 0.2, 0.0, 0.3, 0.05}); }

// False alarm 1e-6.
TEST(Race, PicksTokensByTheirProbability) {
    const Row row = small_p();
    const std::vector<double> p = test::probabilities(row.law());
    std::vector<std::size_t> counts(p.size());
    for (std::uint32_t t = 0; t < 200000; ++t) {
        ++counts[static_cast<std::size_t>(sample(row, t))];
    }
    EXPECT_LT(test::chi_square_deviate(counts, p), test::kDeviateLimit);
    // Control: the law at temperature 1.05 is another one.
    std::vector<double> tempered;
    double sum = 0.0;
    for (const double x : p) {
        tempered.push_back(std::pow(x, 1.0 / 1.05));
        sum += tempered.back();
    }
    for (double& x : tempered) {
        x /= sum;
    }
    EXPECT_GT(test::chi_square_deviate(counts, tempered), test::kDeviateLimit);
}

TEST(Hindsight, ReplaysTheObservedTokenInTheNullWorld) {
    std::mt19937_64 random(3);
    std::size_t without = 0;  // control: fresh clocks do not replay
    constexpr std::size_t kCases = 100000;
    for (std::size_t i = 0; i < kCases; ++i) {
        std::normal_distribution<double> draw(0.0, 0.5 * static_cast<double>(1 + i % 20));
        std::vector<float> logits(2 + random() % 60);
        for (float& logit : logits) {
            logit = random() % 10 == 0 ? test::kMasked : static_cast<float>(draw(random));
        }
        logits[0] = 0.0F;
        const Row row(logits);
        const Clocks clocks(Place{.seed = kField, .string = i});
        Hindsight hindsight{.factual = row.law(), .observed = 0};
        do {  // any possible token, however improbable
            hindsight.observed = static_cast<Token>(random() % logits.size());
        } while (!possible(hindsight));
        ASSERT_EQ(race(row.law(), clocks, &hindsight).winner, hindsight.observed);
        without += race(row.law(), clocks).winner == hindsight.observed ? 1 : 0;
    }
    EXPECT_LT(without, kCases / 2);
}

/// Seeds of the fields that hindsight draws from: another than wrote the strings, and the very one,
/// as where a run's own lines are read again under its seed.
constexpr std::uint64_t kFields[] = {kField, kFactual};

// False alarm 1e-6 for each token and for the pool.
TEST(Hindsight, PooledClocksAreExponential) {
    const Row row = small_p();
    const std::size_t n = row.law().logits.size();
    for (const std::uint64_t seed : kFields) {
        SCOPED_TRACE(seed);
        std::vector<std::vector<double>> of_token(n);
        std::vector<double> pool;
        std::vector<double> forgetful;  // control: others keep their fresh clocks, m forgotten
        for (std::uint32_t t = 0; t < 100000; ++t) {
            const Clocks clocks(Place{.seed = seed, .position = t});
            const Hindsight hindsight{.factual = row.law(), .observed = sample(row, t)};
            const Posterior posterior(clocks, &hindsight);
            for (std::size_t k = 0; k < n; ++k) {
                const auto token = static_cast<Token>(k);
                const double e = std::exp(posterior.log_clock(token));
                of_token[k].push_back(e);
                pool.push_back(e);
                const bool observed = token == hindsight.observed;
                forgetful.push_back(observed ? e : posterior.clocks().clock(token));
            }
        }
        for (const auto& clocks : of_token) {
            EXPECT_LT(test::kolmogorov_exponential(clocks), test::kKolmogorovLimit);
        }
        EXPECT_LT(test::kolmogorov_exponential(pool), test::kKolmogorovLimit);
        EXPECT_GT(test::kolmogorov_exponential(forgetful), test::kKolmogorovLimit);
    }
}

// False alarm 1e-6.
TEST(Hindsight, CounterfactualMarginalsAreTheWorldsOwn) {
    const Row p = small_p();
    const Row q = small_q();
    const std::vector<double> law = test::probabilities(q.law());
    for (const std::uint64_t seed : kFields) {
        SCOPED_TRACE(seed);
        std::vector<std::size_t> counts(law.size());
        std::vector<std::size_t> from_one(law.size());  // control: one observed token, not all
        for (std::uint32_t t = 0; t < 200000; ++t) {
            const Clocks clocks(Place{.seed = seed, .position = t});
            Hindsight hindsight{.factual = p.law(), .observed = sample(p, t)};
            ++counts[static_cast<std::size_t>(race(q.law(), clocks, &hindsight).winner)];
            hindsight.observed = 1;
            ++from_one[static_cast<std::size_t>(race(q.law(), clocks, &hindsight).winner)];
        }
        EXPECT_LT(test::chi_square_deviate(counts, law), test::kDeviateLimit);
        EXPECT_GT(test::chi_square_deviate(from_one, law), test::kDeviateLimit);
    }
}

struct Case {
    const char* name;
    std::vector<double> p;
    std::vector<double> q;
    Token observed;
    std::vector<double> law;  ///< of the counterfactual token, from exact rational arithmetic
};

std::vector<Case> worked_cases() {
    return {
        {"small",
         {841 / 2459.0, 549 / 2459.0, 97 / 2459.0, 375 / 2459.0, 597 / 2459.0},
         {60 / 1771.0, 932 / 1771.0, 520 / 1771.0, 20 / 161.0, 39 / 1771.0},
         0,
         {0.09885877547519753, 0.48798481342284156, 0.35070877354665503, 0.062447637555305906,
          0.0}},
        {"factual mask",
         {25 / 223.0, 0.0, 365 / 446.0, 0.0, 0.0, 31 / 446.0},
         {697 / 3275.0, 109 / 655.0, 438 / 3275.0, 796 / 3275.0, 322 / 3275.0, 477 / 3275.0},
         2,
         {0.15258822095918842, 0.1884428613693762, 0.16341984732824427, 0.27523030761472195,
          0.11133688323108099, 0.10898187949738815}},
        {"counterfactual mask",
         {371 / 2648.0, 307 / 2648.0, 255 / 2648.0, 407 / 1324.0, 185 / 2648.0, 179 / 662.0},
         {799 / 1357.0, 250 / 1357.0, 0.0, 0.0, 308 / 1357.0, 0.0},
         3,
         {0.6307433471029795, 0.14134594388764338, 0.0, 0.0, 0.22791070900937707, 0.0}},
        {"tied ratios",
         {1 / 8.0, 1 / 8.0, 1 / 4.0, 1 / 2.0},
         {1 / 4.0, 1 / 4.0, 1 / 4.0, 1 / 4.0},
         2,
         {0.1, 0.1, 0.8, 0.0}},
    };
}

/// Counterfactual tokens of a case; `remember` false leaves hindsight out, as a control.
std::vector<std::size_t> counterfactuals(const Case& c, bool remember) {
    const Row p = Row::of_probabilities(c.p);
    const Row q = Row::of_probabilities(c.q);
    const Hindsight hindsight{.factual = p.law(), .observed = c.observed};
    std::vector<std::size_t> counts(c.q.size());
    for (std::uint32_t t = 0; t < 200000; ++t) {
        const Clocks clocks(Place{.seed = kField, .position = t});
        const Finish finish = race(q.law(), clocks, remember ? &hindsight : nullptr);
        ++counts[static_cast<std::size_t>(finish.winner)];
    }
    return counts;
}

// Logits are floats, so ratios tied in the rationals are tied to 1e-7 only: a move that the exact
// law forbids by a tie may then happen with that probability, 0.02 times in 200,000.
// False alarm 1e-6 for each case.
TEST(Hindsight, CounterfactualsFollowTheExactLaw) {
    for (const Case& c : worked_cases()) {
        SCOPED_TRACE(c.name);
        EXPECT_LT(test::chi_square_deviate(counterfactuals(c, true), c.law), test::kDeviateLimit);
        EXPECT_GT(test::chi_square_deviate(counterfactuals(c, false), c.law), test::kDeviateLimit);
    }
}

}  // namespace
}  // namespace otherwise
