// needs: llama
//
// Hindsight on real models: an observed string is replayed under its own law whatever the seed, and
// what another world writes given the string has the distribution that known clocks give.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "otherwise/noise/test_help.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::uint64_t kOtherSeed = 12;

/// The factual strings of one world's pairs as observed strings, one for each sample.
std::vector<InputString> as_observed(const test::Outcome& outcome, int world) {
    std::vector<InputString> strings;
    for (const auto& pair : outcome.of_world(world)) {
        const auto& subject = outcome.subjects[static_cast<std::size_t>(pair.string)];
        InputString string;
        string.id = subject.id + "#" + std::to_string(pair.sample);
        if (subject.from_tokens) {
            string.prompt_tokens = subject.prompt_tokens;
        } else {
            string.prompt = subject.prompt;
        }
        string.tokens = pair.factual->tokens;
        strings.push_back(std::move(string));
    }
    return strings;
}

std::vector<int> lcps(const std::vector<Pair>& pairs) {
    std::vector<int> found;
    for (const auto& pair : pairs) {
        found.push_back(pair.unchanged() ? static_cast<int>(pair.lcp) + 1 : pair.lcp);
    }
    return found;
}

/// Two-sample chi-square of small integers as a standard normal deviate (Wilson and Hilferty);
/// neighbouring values are pooled until 20 are together.
double two_sample_deviate(const std::vector<int>& a, const std::vector<int>& b) {
    const int most = std::max(*std::ranges::max_element(a), *std::ranges::max_element(b));
    double statistic = 0.0;
    int cells = 0;
    double in_a = 0.0;
    double in_b = 0.0;
    const auto n_a = static_cast<double>(a.size());
    const auto n_b = static_cast<double>(b.size());
    for (int value = 0; value <= most; ++value) {
        in_a += static_cast<double>(std::ranges::count(a, value));
        in_b += static_cast<double>(std::ranges::count(b, value));
        if (in_a + in_b >= 20.0 || (value == most && in_a + in_b > 0.0)) {
            const double difference = in_a * std::sqrt(n_b / n_a) - in_b * std::sqrt(n_a / n_b);
            statistic += difference * difference / (in_a + in_b);
            ++cells;
            in_a = in_b = 0.0;
        }
    }
    const double freedom = cells - 1;
    const double spread = 2.0 / (9.0 * freedom);
    return (std::cbrt(statistic / freedom) - (1.0 - spread)) / std::sqrt(spread);
}

/// Sum of the differences over its standard deviation when each has a random sign.
double paired_deviate(const std::vector<int>& a, const std::vector<int>& b) {
    double sum = 0.0;
    double squares = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum += a[i] - b[i];
        squares += static_cast<double>(a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum / std::sqrt(squares);
}

class HindsightRuns : public testing::Test {
protected:
    HindsightRuns() { test::write_vector(folder_ / "vector.gguf", 576, 10, 14, 10.0F); }

    [[nodiscard]] std::vector<WorldPlan> changed_worlds() const {
        return {test::world_of(factual_, "coarse",
                               {UseModel{.path = test::derived_model("Q2_K").string()}}),
                test::world_of(factual_, "steered",
                               {Steer{.path = (folder_ / "vector.gguf").string()}})};
    }

    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

/// Strings sampled under `mechanism` with one seed are replayed with another, in every sample.
void expect_replay(WorldPlan factual, const Mechanism& mechanism) {
    constexpr int kSamples = 3;
    factual.mechanism = mechanism;
    auto strings = test::short_prompts(24);
    const auto model = Model::load(factual.model, {.vocabulary_only = true});
    strings[7] = test::long_prompt(*model, 7, 80);
    strings[9] = test::long_prompt(*model, 9, 300);
    const auto sampled = test::run(factual, {}, strings, test::session_options(12, 1, kSeed));
    const auto observed = as_observed(sampled, 0);
    const auto replay =
        test::run(factual, {}, observed, test::session_options(12, kSamples, kOtherSeed));
    ASSERT_EQ(replay.pairs.size(), observed.size() * kSamples);
    for (const auto& pair : replay.pairs) {
        EXPECT_TRUE(pair.observed);
        EXPECT_EQ(pair.factual->tokens, *observed[static_cast<std::size_t>(pair.string)].tokens);
        EXPECT_EQ(pair.counterfactual.tokens, pair.factual->tokens);
        EXPECT_EQ(pair.counterfactual.ended, pair.factual->ended);
    }
    // Control: the same seed without the observation writes something else.
    const auto fresh = test::run(factual, {}, strings, test::session_options(12, 1, kOtherSeed));
    int same = 0;
    for (std::size_t i = 0; i < fresh.pairs.size(); ++i) {
        same += fresh.pairs[i].factual->tokens == sampled.pairs[i].factual->tokens ? 1 : 0;
    }
    EXPECT_LT(same, 4);
}

TEST_F(HindsightRuns, NullWorldReplaysObservedStrings) { expect_replay(factual_, {}); }

TEST_F(HindsightRuns, NullWorldReplaysUnderATruncatedMechanism) {
    expect_replay(factual_, {.temperature = 0.9F, .top_k = 50, .top_p = 0.95F});
}

TEST_F(HindsightRuns, ForbiddenTokensAreNamed) {
    factual_.mechanism.top_k = 5;
    InputString string;
    string.id = "odd";
    string.prompt = "The cat sat on the windowsill and";
    string.text = " watched xylophones";
    const auto message = test::error_of(
        [&] { (void)test::run(factual_, {}, {string}, test::session_options(5, 1)); });
    EXPECT_THAT(message, testing::HasSubstr("'odd'"));
    EXPECT_THAT(message, testing::HasSubstr("probability 0 at position"));
}

// 320 strings of at most 8 tokens, written by known clocks, then observed under another seed. Given
// its string, a pair's two LCPs are two independent draws from one law, so their differences have
// random signs (deviate above 4.75: 2e-6), and over all pairs the LCPs have one distribution
// (chi-square above 4.75: at most 1e-6, since the strings are shared).
TEST_F(HindsightRuns, AgreesWithKnownClocks) {
    const auto worlds = changed_worlds();
    auto options = test::session_options(8, 4, kSeed);
    options.null_strings = FloorStrings::none;
    options.stop_at_divergence = true;
    const auto known = test::run(factual_, worlds, test::short_prompts(80), options);
    auto observed = as_observed(known, 0);
    ASSERT_EQ(observed.size(), 320U);

    options.samples = 1;
    options.seed = kOtherSeed;
    const auto hindsight = test::run(factual_, worlds, observed, options);
    for (int world = 0; world < 2; ++world) {
        const auto a = lcps(known.of_world(world));
        const auto b = lcps(hindsight.of_world(world));
        ASSERT_EQ(a.size(), b.size());
        EXPECT_NE(a, b) << "other noise, other strings";
        EXPECT_LT(two_sample_deviate(a, b), test::kDeviateLimit) << "world " << world;
        EXPECT_LT(std::abs(paired_deviate(a, b)), test::kDeviateLimit) << "world " << world;
    }

    // Control: on the first 120 strings fresh noise has another law by both measures.
    observed.resize(120);
    options.independent = true;
    options.stop_at_divergence = false;
    const auto fresh = test::run(factual_, {worlds[0]}, observed, options);
    auto a = lcps(known.of_world(0));
    a.resize(observed.size());
    const auto b = lcps(fresh.of_world(0, true));
    EXPECT_GT(two_sample_deviate(a, b), test::kDeviateLimit);
    EXPECT_GT(paired_deviate(a, b), test::kDeviateLimit);
}

}  // namespace
}  // namespace otherwise
