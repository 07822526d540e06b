#include "otherwise/mechanism/mechanism.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
using Probabilities = std::vector<double>;

Probabilities probabilities(const Law& law) {
    Probabilities p;
    for (std::size_t k = 0; k < law.logits.size(); ++k) {
        p.push_back(std::exp(law.log_prob(static_cast<Token>(k))));
    }
    return p;
}

Probabilities law_of(const Mechanism& mechanism, const std::vector<float>& logits) {
    LawScratch scratch;
    return probabilities(make_law(mechanism, logits, scratch));
}

std::vector<float> logits_of(const Probabilities& p) {
    std::vector<float> logits;
    for (const double x : p) {
        logits.push_back(static_cast<float>(std::log(x)));
    }
    return logits;
}

void expect_near(const Probabilities& came, const Probabilities& expected, double tolerance) {
    ASSERT_EQ(came.size(), expected.size());
    for (std::size_t k = 0; k < came.size(); ++k) {
        ASSERT_EQ(came[k] > 0.0, expected[k] > 0.0) << "token " << k;
        ASSERT_NEAR(came[k], expected[k], tolerance) << "token " << k;
    }
}

/// The definition with a full sort, in double. `doubtful` is set where float rounding, which
/// differs between vector widths, may move the border of top-p by a token.
Probabilities plain(const Mechanism& mechanism, const std::vector<float>& logits,
                    bool* doubtful = nullptr) {
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < logits.size(); ++k) {
        if (logits[k] > kMasked) {
            order.push_back(k);
        }
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
    const auto top = double{logits[order.front()]};
    const auto keep = [&](std::size_t n) { order.resize(std::min(n, order.size())); };
    if (mechanism.top_k > 0) {
        keep(static_cast<std::size_t>(mechanism.top_k));
    }
    if (mechanism.top_p < 1.0F) {
        double total = 0.0;
        for (const std::size_t k : order) {
            total += std::exp(double{logits[k]} - top);
        }
        double sum = 0.0;
        std::size_t n = 0;
        while (n < order.size() && sum < double{mechanism.top_p} * total) {
            sum += std::exp(double{logits[order[n++]]} - top);
            if (doubtful != nullptr &&
                std::abs(sum - double{mechanism.top_p} * total) < 1e-6 * total) {
                *doubtful = true;
            }
        }
        keep(n);
    }
    if (mechanism.min_p > 0.0F) {
        const float bound = logits[order.front()] + std::log(mechanism.min_p);
        std::erase_if(order, [&](std::size_t k) { return logits[k] < bound; });
    }
    Probabilities p(logits.size(), 0.0);
    if (mechanism.temperature <= 0.0F) {
        p[order.front()] = 1.0;
        return p;
    }
    double total = 0.0;
    for (const std::size_t k : order) {
        p[k] = std::exp((double{logits[k]} - top) / double{mechanism.temperature});
        total += p[k];
    }
    for (double& x : p) {
        x /= total;
    }
    return p;
}

TEST(Mechanism, BiasesAreAddedBeforeAllElse) {
    const std::vector<float> logits = {0.0F, 1.0F, kMasked, -2.5F, 3.0F};
    const std::vector<float> by_hand = {2.0F, 1.0F, kMasked, -2.5F, kMasked};
    for (Mechanism mechanism : {Mechanism{}, Mechanism{.temperature = 0.5F, .top_k = 2},
                                Mechanism{.top_p = 0.7F}, Mechanism{.temperature = 0.0F}}) {
        LawScratch plain;
        const Law expected = make_law(mechanism, by_hand, plain);
        mechanism.biases = {{.token = 0, .nats = 2.5F},
                            {.token = 4, .nats = kMasked},
                            {.token = 0, .nats = -0.5F},
                            {.token = 2, .nats = 7.0F}};
        LawScratch scratch;
        const Law law = make_law(mechanism, logits, scratch);
        EXPECT_TRUE(std::ranges::equal(law.logits, expected.logits));
        EXPECT_TRUE(std::ranges::equal(law.weights, expected.weights));
        EXPECT_EQ(law.log_norm, expected.log_norm);
        EXPECT_EQ(law.best, expected.best);
    }
}

TEST(Mechanism, BiasesAreNumbers) {
    EXPECT_NO_THROW(check({.biases = {{.token = 0, .nats = kMasked}}}));
    EXPECT_THROW(check({.biases = {{.token = 0, .nats = -kMasked}}}), Error);
    EXPECT_THROW(check({.biases = {{.token = 0, .nats = NAN}}}), Error);
}

TEST(Mechanism, IdentityLeavesTheRowWhereItIs) {
    const std::vector<float> logits = {0.0F, 1.0F, kMasked, -2.5F, 3.0F};
    LawScratch scratch;
    const Law law = make_law(Mechanism{}, logits, scratch);
    EXPECT_EQ(law.logits.data(), logits.data());
    EXPECT_EQ(law.peak, 3.0F);
    EXPECT_EQ(law.weights[4], 1.0F);
    EXPECT_EQ(law.weights[2], 0.0F);
    EXPECT_FALSE(law.greedy);
    EXPECT_NEAR(law.log_norm, std::log(1 + std::exp(1.0) + std::exp(-2.5) + std::exp(3.0)), 1e-7);
}

TEST(Mechanism, NormIsGoodToSevenDigits) {
    std::mt19937_64 random(1);
    for (const double deviation : {0.01, 1.0, 3.0, 8.0}) {
        std::normal_distribution<double> draw(-4.0, deviation);
        std::vector<float> logits(49155);
        for (float& logit : logits) {
            logit = static_cast<float>(draw(random));
        }
        LawScratch scratch;
        const Law law = make_law(Mechanism{}, logits, scratch);
        double sum = 0.0;
        for (std::size_t k = 0; k < logits.size(); ++k) {
            const double weight = std::exp(double{logits[k]} - double{law.peak});
            sum += weight;
            ASSERT_NEAR(double{law.weights[k]}, weight, 4e-6 * weight + 1e-38);
        }
        EXPECT_NEAR(law.log_norm, double{law.peak} + std::log(sum), 1e-7);
    }
}

TEST(Mechanism, HandCases) {
    const Probabilities p = {0.1, 0.4, 0.05, 0.25, 0.2};
    const auto logits = logits_of(p);
    expect_near(law_of({}, logits), p, 1e-7);
    expect_near(law_of({.top_k = 2}, logits), {0, 0.4 / 0.65, 0, 0.25 / 0.65, 0}, 1e-7);
    expect_near(law_of({.top_k = 9}, logits), p, 1e-7);
    // 0.4 + 0.25 reaches 0.6; 0.4 + 0.25 + 0.2 is needed for 0.7.
    expect_near(law_of({.top_p = 0.6F}, logits), {0, 0.4 / 0.65, 0, 0.25 / 0.65, 0}, 1e-7);
    expect_near(law_of({.top_p = 0.7F}, logits), {0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85}, 1e-7);
    expect_near(law_of({.top_p = 0.01F}, logits), {0, 1, 0, 0, 0}, 1e-7);
    // Of what top-k left: 0.4 / 0.65 = 0.615 reaches 0.6 alone.
    expect_near(law_of({.top_k = 2, .top_p = 0.6F}, logits), {0, 1, 0, 0, 0}, 1e-7);
    expect_near(law_of({.min_p = 0.3F}, logits), {0, 0.4 / 0.85, 0, 0.25 / 0.85, 0.2 / 0.85}, 1e-7);
    expect_near(law_of({.min_p = 1.0F}, logits), {0, 1, 0, 0, 0}, 1e-7);
    // Temperature comes last: the set is that of the untempered law.
    const double a = std::sqrt(0.4);
    const double b = std::sqrt(0.25);
    expect_near(law_of({.temperature = 2.0F, .top_p = 0.6F}, logits),
                {0, a / (a + b), 0, b / (a + b), 0}, 1e-6);
}

TEST(Mechanism, TiesAtTheBorderKeepTheLowerId) {
    const std::vector<float> logits(200, 1.0F);
    Probabilities first_three(200, 0.0);
    std::fill_n(first_three.begin(), 3, 1 / 3.0);
    expect_near(law_of({.top_k = 3}, logits), first_three, 1e-7);
    expect_near(law_of({.top_p = 0.0125F}, logits), first_three, 1e-7);
    Probabilities first(200, 0.0);
    first[0] = 1.0;
    expect_near(law_of({.temperature = 0.0F}, logits), first, 0.0);
}

TEST(Mechanism, GreedyIsAPointMassWithTheGapOfTheRawLogits) {
    const std::vector<float> logits = {1.0F, 4.5F, kMasked, 4.0F, 4.0F};
    LawScratch scratch;
    const Law law = make_law({.temperature = 0.0F}, logits, scratch);
    EXPECT_TRUE(law.greedy);
    EXPECT_EQ(law.best, 1);
    EXPECT_EQ(law.second, 3);
    EXPECT_EQ(law.gap, 0.5);
    EXPECT_EQ(probabilities(law), (Probabilities{0, 1, 0, 0, 0}));
    EXPECT_EQ((std::vector<float>(law.weights.begin(), law.weights.end())),
              (std::vector<float>{0, 1, 0, 0, 0}));
    const Law alone = make_law({.temperature = 0.0F, .top_k = 1}, logits, scratch);
    EXPECT_EQ(alone.best, 1);
    EXPECT_EQ(alone.second, -1);
    EXPECT_EQ(alone.gap, std::numeric_limits<double>::infinity());
}

std::vector<float> random_logits(std::size_t n, std::mt19937_64& random) {
    std::vector<float> logits(n);
    const double deviation = std::array{0.0, 0.3, 1.0, 3.0, 10.0, 60.0}[random() % 6];
    std::normal_distribution<double> draw(2.0, std::max(deviation, 1e-3));
    const bool masks = random() % 3 == 0;
    const bool coarse = random() % 4 == 0;  // many ties
    for (float& logit : logits) {
        logit = static_cast<float>(draw(random));
        logit = coarse ? std::round(logit) : logit;
        logit = masks && random() % 2 == 0 ? kMasked : logit;
    }
    logits[random() % n] = 3.0F;
    return logits;
}

Mechanism random_mechanism(std::mt19937_64& random) {
    const auto pick = [&](auto... values) {
        return std::array{values...}[random() % sizeof...(values)];
    };
    return {.temperature = pick(1.0F, 1.0F, 0.7F, 1.5F, 0.1F, 0.0F),
            .top_k = pick(0, 0, 1, 2, 40, 500, 5000),
            .top_p = pick(1.0F, 1.0F, 0.95F, 0.5F, 0.05F, 0.999F),
            .min_p = pick(0.0F, 0.0F, 0.05F, 0.5F, 1e-6F)};
}

TEST(Mechanism, EqualsThePlainDefinition) {
    std::mt19937_64 random(2);
    LawScratch scratch;  // reused on purpose, across sizes too
    int left_out = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::size_t n = std::array{1U, 2U, 5U, 63U, 64U, 65U, 1000U, 4097U}[random() % 8];
        const auto logits = random_logits(n, random);
        const Mechanism m = random_mechanism(random);
        SCOPED_TRACE(testing::Message()
                     << "case " << i << ": n " << n << " t " << m.temperature << " k " << m.top_k
                     << " p " << m.top_p << " min " << m.min_p);
        const Law law = make_law(m, logits, scratch);
        ASSERT_EQ(law.weights.size(), n);
        bool doubtful = false;
        const Probabilities expected = plain(m, logits, &doubtful);
        if (doubtful) {
            ++left_out;
            continue;
        }
        ASSERT_NO_FATAL_FAILURE(expect_near(probabilities(law), expected, 2e-6));
        for (std::size_t k = 0; k < n; ++k) {
            const double weight = std::exp(double{law.logits[k]} - double{law.peak});
            ASSERT_NEAR(double{law.weights[k]}, weight, 1e-5 * weight + 1e-37);
        }
    }
    EXPECT_LT(left_out, 30);
}

TEST(Mechanism, ComparisonSeesAnotherOrder) {  // control: temperature before top-p
    const auto logits = logits_of({0.1, 0.4, 0.05, 0.25, 0.2});
    std::vector<float> tempered = logits;
    for (float& logit : tempered) {
        logit /= 2.0F;
    }
    const Probabilities right = plain({.temperature = 2.0F, .top_p = 0.6F}, logits);
    const Probabilities wrong = plain({.top_p = 0.6F}, tempered);
    EXPECT_NE(right[4] > 0.0, wrong[4] > 0.0);
}

TEST(Mechanism, TopPOnALargeRow) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 20; ++i) {
        const auto logits = random_logits(50257, random);
        const Mechanism m{.top_p = 0.9F};
        ASSERT_NO_FATAL_FAILURE(expect_near(law_of(m, logits), plain(m, logits), 2e-6));
    }
}

void expect_fault(Fault fault, const std::function<void()>& call) {
    try {
        call();
        ADD_FAILURE() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), fault) << error.what();
    }
}

TEST(Mechanism, RowsThatAreNoLogitsAreErrors) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const Mechanism& m :
         {Mechanism{}, Mechanism{.temperature = 0.0F}, Mechanism{.top_k = 2}}) {
        for (std::size_t at = 0; at < 70; ++at) {
            std::vector<float> logits(70, 1.0F);
            logits[at] = kNaN;
            expect_fault(Fault::failed, [&] { (void)law_of(m, logits); });
            logits[at] = kInfinity;
            expect_fault(Fault::failed, [&] { (void)law_of(m, logits); });
        }
        expect_fault(Fault::failed, [&] { (void)law_of(m, std::vector<float>(70, kMasked)); });
        expect_fault(Fault::failed, [&] { (void)law_of(m, {}); });
    }
    expect_fault(Fault::failed, [] { (void)law_of({.temperature = 1e-38F}, {100.0F, 1.0F}); });
}

TEST(Mechanism, CheckRefusesNonsense) {
    for (const Mechanism& m :
         {Mechanism{.temperature = -1.0F}, Mechanism{.temperature = kNaN},
          Mechanism{.temperature = std::numeric_limits<float>::infinity()}, Mechanism{.top_k = -1},
          Mechanism{.top_p = 0.0F}, Mechanism{.top_p = 1.1F}, Mechanism{.top_p = kNaN},
          Mechanism{.min_p = -0.1F}, Mechanism{.min_p = 1.5F}, Mechanism{.min_p = kNaN}}) {
        expect_fault(Fault::misuse, [&] { check(m); });
    }
    check(Mechanism{});
    check(Mechanism{.temperature = 0.0F, .top_k = 40, .top_p = 0.9F, .min_p = 1.0F});
}

}  // namespace
}  // namespace otherwise
