// needs: llama
//
// The closed-form law is what sampling gives, on the real model: in a quantized, a steered, a
// prompt, a smooth, a biased and a patched world, of the 400 counterfactuals of an observed string
// that reached position t, as many stay there as the law says; and at the first position they go
// where it says.
//
// Every position of every string and world is an exact binomial test of its own (the noise of
// positions is independent). All tests of one kind together (who stays, who goes where, who
// survives) fail with probability 1e-4 at most when the law is true: each at 1e-4 over their
// number. Seeds are fixed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "otherwise/measure/law.h"
#include "otherwise/measure/law_at.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kSamples = 400;
constexpr double kFalseAlarms = 1e-4;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

double log_choose(int n, int k) {
    return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

/// Two-sided exact p-value: all outcomes that are no more probable than k.
double binomial_p(int k, int n, double p) {
    if (p <= 0.0 || p >= 1.0) {
        return (p <= 0.0 ? k == 0 : k == n) ? 1.0 : 0.0;
    }
    const auto log_probability = [&](int i) {
        return log_choose(n, i) + i * std::log(p) + (n - i) * std::log1p(-p);
    };
    constexpr double kSlack = 1e-9;
    const double here = log_probability(k);
    double sum = 0.0;
    for (int i = 0; i <= n; ++i) {
        const double there = log_probability(i);
        sum += there <= here + kSlack ? std::exp(there) : 0.0;
    }
    return std::min(1.0, sum);
}

/// P(|sum| ≥ this one) at most, for independent terms of mean 0 within ±1 and this total variance:
/// 2 exp(−v h(s / v)), h(u) = (1 + u) log(1 + u) − u.
double bennett(double sum, double variance) {
    if (variance <= 0.0) {
        return sum == 0.0 ? 1.0 : 0.0;
    }
    const double u = std::abs(sum) / variance;
    return std::min(1.0, 2.0 * std::exp(-variance * ((1.0 + u) * std::log1p(u) - u)));
}

struct Case {
    std::vector<StringLaw> laws;
    std::vector<Pair> pairs;
    std::vector<std::vector<std::optional<TokenLaw>>> first;  // [string][world] at position 0
};

class LawAgainstRun : public testing::Test {
protected:
    LawAgainstRun() {
        test::write_vector(folder_ / "vector.gguf", 576, 10, 14, 12.0F);
        worlds_ = {test::world_of(factual_, "quantized",
                                  {UseModel{.path = test::derived_model("Q2_K").string()}}),
                   test::world_of(factual_, "steered",
                                  {Steer{.path = (folder_ / "vector.gguf").string()}}),
                   test::world_of(factual_, "prompt", {Prefix{.text = "A long time ago. "}}),
                   test::world_of(factual_, "smooth", {UseWeights{.type = "f32"}}),
                   test::world_of(factual_, "biased",
                                  {Bias{.text = " the", .value = 1.5F},
                                   Bias{.text = ",", .value = -kInfinity}}),
                   test::world_of(factual_, "patched",
                                  {Patch{.donor = "The young fisherman's daughter",
                                         .layers = {.first = 8, .last = 14},
                                         .rows = {{-2, -1}}}})};
    }

    [[nodiscard]] Case laws_and_pairs(const std::vector<InputString>& strings, int tokens) const {
        auto options = test::session_options(tokens, kSamples, 31);
        options.parallel = 100;
        options.null_strings = FloorStrings::none;
        options.stop_at_divergence = true;
        Session session(factual_, worlds_, strings, options, [](const std::string&) {});
        Case result;
        const Scene scene = session.scene();
        result.first.assign(strings.size(), std::vector<std::optional<TokenLaw>>(worlds_.size()));
        LawOptions law_options;
        law_options.on_position = [&](const Draw& draw, int world, int position, const Law& p,
                                      const Law& q) {
            if (position == 0 && draw.sample == 0) {
                result
                    .first[static_cast<std::size_t>(draw.string)][static_cast<std::size_t>(world)] =
                    law_at(p, q, draw.written->tokens[0], 1 << 20);
            }
        };
        (void)run_laws(scene, law_options,
                       {.on_string = [&](const StringLaw& law) { result.laws.push_back(law); },
                        .on_progress = {},
                        .cancelled = {}});
        RunCallbacks callbacks;
        callbacks.on_pair = [&](const Pair& pair) { result.pairs.push_back(pair); };
        (void)session.run(callbacks);
        return result;
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
    std::vector<WorldPlan> worlds_;
};

std::vector<InputString> observed_strings() {
    return {{.id = "plain",
             .prompt = "The old lighthouse keeper",
             .text = " opened the door and looked out at the sea."},
            {.id = "odd", .prompt = "In the spring of 1911", .text = ", purple engines hummed."}};
}

/// The smallest p-value over positions times their number: a Bonferroni p-value of the string.
double survival_p(const StringLaw& law, const std::vector<Pair>& pairs, int world) {
    double worst = 1.0;
    for (int t = 0; t < std::ssize(law.stay); ++t) {
        int reached = 0;
        int stayed = 0;
        for (const Pair& pair : pairs) {
            if (pair.string == law.string && pair.world == world) {
                reached += pair.lcp >= t ? 1 : 0;
                stayed += pair.lcp > t ? 1 : 0;
            }
        }
        worst = std::min(worst, binomial_p(stayed, reached, law.stay[static_cast<std::size_t>(t)]));
    }
    return worst * static_cast<double>(law.stay.size());
}

/// Where the first token goes: all its outcomes of probability 0.001 or more.
void expect_moves(const Case& result, std::size_t strings, std::size_t worlds) {
    int tests = 0;
    double worst = 1.0;
    double control = 1.0;
    for (std::size_t s = 0; s < strings; ++s) {
        for (std::size_t w = 0; w < worlds; ++w) {
            std::map<Token, int> counts;
            for (const Pair& pair : result.pairs) {
                if (pair.string == static_cast<int>(s) && pair.world == static_cast<int>(w)) {
                    ++counts[pair.counterfactual.tokens[0]];
                }
            }
            const TokenLaw& law = *result.first[s][w];
            const TokenLaw& other = *result.first[s][(w + 1) % worlds];
            const auto count = [&](Token token) {
                const auto found = counts.find(token);
                return found == counts.end() ? 0 : found->second;
            };
            for (const auto& outcome : law.outcomes) {
                if (outcome.probability > 1e-3) {
                    ++tests;
                    worst = std::min(
                        worst, binomial_p(count(outcome.token), kSamples, outcome.probability));
                }
            }
            for (const auto& outcome : other.outcomes) {
                control = std::min(control,
                                   binomial_p(count(outcome.token), kSamples, outcome.probability));
            }
            for (const auto& [token, n] : counts) {  // nowhere else
                const auto found = std::ranges::find(law.outcomes, token, &Outcome::token);
                EXPECT_TRUE(found != law.outcomes.end()) << "token " << token << ", " << n;
            }
        }
    }
    EXPECT_GT(tests, 30);
    EXPECT_GT(worst * tests, kFalseAlarms);
    EXPECT_LT(control * tests, kFalseAlarms);
}

TEST_F(LawAgainstRun, ObservedStringsStayAndMoveAsTheLawSays) {
    const auto strings = observed_strings();
    const auto result = laws_and_pairs(strings, 25);
    ASSERT_EQ(result.laws.size(), strings.size() * worlds_.size());
    ASSERT_EQ(result.pairs.size(), strings.size() * worlds_.size() * kSamples);
    const double level = kFalseAlarms / static_cast<double>(result.laws.size());
    for (const StringLaw& law : result.laws) {
        EXPECT_GT(survival_p(law, result.pairs, law.world), level)
            << strings[static_cast<std::size_t>(law.string)].id << " in "
            << worlds_[static_cast<std::size_t>(law.world)].name;
        EXPECT_LT(law.prefix.unchanged, 0.999) << "a law of no change would prove nothing";
    }
    // The control: another world's strings do not follow this law.
    EXPECT_LT(survival_p(result.laws[0], result.pairs, 1), level);
    expect_moves(result, strings.size(), worlds_.size());
}

TEST_F(LawAgainstRun, SampledStringsSurviveAsTheirLawsSay) {
    // Each sample has its own string and law. At t the differences of 1{LCP > t} and survival[t]
    // are independent, bounded by 1 and have mean 0: Bennett's inequality bounds the tail of their
    // sum.
    const double level = kFalseAlarms / (10.0 * static_cast<double>(worlds_.size()));
    const auto result = laws_and_pairs({test::short_prompts(1)[0]}, 10);
    ASSERT_EQ(result.laws.size(), result.pairs.size());
    bool control = false;
    for (int world = 0; world < std::ssize(worlds_); ++world) {
        for (std::size_t t = 0; t < 10; ++t) {
            double sum = 0.0;
            double variance = 0.0;
            double shifted = 0.0;
            for (std::size_t i = 0; i < result.laws.size(); ++i) {
                const StringLaw& law = result.laws[i];
                ASSERT_EQ(law.sample, result.pairs[i].sample);
                ASSERT_EQ(law.world, result.pairs[i].world);
                if (law.world != world || t >= law.stay.size()) {
                    continue;
                }
                const double survival = law.prefix.survival[t];
                const double kept = result.pairs[i].lcp > static_cast<int>(t) ? 1.0 : 0.0;
                sum += kept - survival;
                variance += survival * (1.0 - survival);
                shifted += kept - 0.8 * survival;
            }
            EXPECT_GT(bennett(sum, variance), level)
                << worlds_[static_cast<std::size_t>(world)].name << " at " << t;
            control = control || bennett(shifted, variance) < level;
        }
    }
    EXPECT_TRUE(control) << "a law that is wrong by a fifth would not be seen";
}

TEST_F(LawAgainstRun, NullWorldIsExactlyTheFloor) {
    auto options = test::session_options(25, 1);
    std::vector<InputString> strings = test::short_prompts(20);
    for (const auto& string : observed_strings()) {
        strings.push_back(string);
    }
    const auto tuned = test::plan_of(test::derived_model("Q8_0"));
    for (const auto& plan : {factual_, tuned}) {
        Session session(plan, {}, strings, options, [](const std::string&) {});
        int laws = 0;
        (void)run_laws(session.scene(), {.agreement = true},
                       {.on_string =
                            [&](const StringLaw& law) {
                                ++laws;
                                for (const Comparison& at : law.at) {
                                    EXPECT_EQ(at.stay, 1.0);
                                    EXPECT_EQ(at.kl, 0.0);
                                    EXPECT_EQ(at.log_p, at.log_q);
                                }
                            },
                        .on_progress = {},
                        .cancelled = {}});
        EXPECT_EQ(laws, std::ssize(strings));
    }
}

}  // namespace
}  // namespace otherwise
