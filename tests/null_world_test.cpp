// needs: llama
//
// The null world is the factual world again: not one token may differ, on any quantization, with
// adapters, at short and long prompts. The controls show that the same counts see a real change,
// and that they see llama.cpp's own numerical noise where the engine's rules are broken.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/lora.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kStrings = 100;
constexpr int kTokens = 25;
constexpr int kSamples = 2;

/// `count` strings: one in 20 has a prompt of 400 tokens, one in 20 one of 80, the others few.
std::vector<InputString> mixed_strings(int count) {
    constexpr int kRound = 20;
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    auto strings = test::short_prompts(count);
    for (std::size_t i = 0; i < strings.size(); ++i) {
        const auto number = static_cast<int>(i);
        if (number % kRound == 5) {
            strings[i] = test::long_prompt(*model, number, 400);
        } else if (number % kRound == 15) {
            strings[i] = test::long_prompt(*model, number, 80);
        }
    }
    return strings;
}

std::string shown(const test::Outcome& outcome) {
    std::string text = "least rows " + std::to_string(outcome.least_rows);
    for (const auto& [world, probe] : outcome.probes) {
        text += "; " + world + (probe.invariant ? " invariant" : " varies with " + probe.shape);
    }
    for (const auto& note : outcome.notes) {
        text += "; " + note;
    }
    return text;
}

/// Runs the factual world and its null world alone.
void expect_no_divergence(const WorldPlan& factual, int strings) {
    const auto outcome =
        test::run(factual, {}, mixed_strings(strings), test::session_options(kTokens, kSamples));
    ASSERT_EQ(outcome.pairs.size(), static_cast<std::size_t>(strings) * kSamples);
    EXPECT_EQ(outcome.divergences(0), 0) << shown(outcome);
    EXPECT_FALSE(outcome.report.effects[0].logits_differ);
    std::size_t written = 0;
    for (const auto& pair : outcome.pairs) {
        EXPECT_EQ(pair.factual->tokens, pair.counterfactual.tokens);
        EXPECT_EQ(pair.factual->ended, pair.counterfactual.ended);
        written += pair.factual->tokens.size();
    }
    EXPECT_GT(written, static_cast<std::size_t>(strings) * kSamples * kTokens / 2)
        << "strings that all end at once would prove nothing";
}

class NullWorld : public testing::Test {
protected:
    test::TemporaryFolder folder_;
    WorldPlan factual_ = test::plan_of(test::derived_model("Q4_0"));
};

TEST_F(NullWorld, Q4_0) { expect_no_divergence(factual_, kStrings); }

TEST_F(NullWorld, Q8_0) {
    expect_no_divergence(test::plan_of(test::derived_model("Q8_0")), kStrings);
}

TEST_F(NullWorld, Q4_K_M) {
    expect_no_divergence(test::plan_of(test::derived_model("Q4_K_M")), kStrings);
}

TEST_F(NullWorld, F16) {
    expect_no_divergence(test::plan_of(test::derived_model("F16")), kStrings);
}

TEST_F(NullWorld, QuantizedWeightsInFloatingPoint) {
    for (const std::string type : {"f16", "bf16", "f32"}) {
        factual_.weights = type;
        expect_no_divergence(factual_, 40);
    }
}

TEST_F(NullWorld, F16LoraInBothWorlds) {
    test::write_random_lora(folder_ / "lora.gguf", 0.5F);
    factual_.loras.push_back({.path = (folder_ / "lora.gguf").string()});
    expect_no_divergence(factual_, kStrings);
}

TEST_F(NullWorld, StrengthZeroChangesNothingAndSaysSo) {
    test::write_random_lora(folder_ / "lora.gguf", 0.5F);
    test::write_vector(folder_ / "vector.gguf", 576, 8, 12, 20.0F);
    const std::vector<WorldPlan> worlds{
        test::world_of(factual_, "still",
                       {Steer{.path = (folder_ / "vector.gguf").string(), .scale = 0.0F}}),
        test::world_of(factual_, "off",
                       {UseLora{.path = (folder_ / "lora.gguf").string(), .scale = 0.0F}})};
    auto options = test::session_options(kTokens, kSamples);
    options.null_strings = FloorStrings::none;  // both worlds are null worlds themselves
    const auto outcome = test::run(factual_, worlds, mixed_strings(kStrings), options);
    for (int world = 0; world < 2; ++world) {
        EXPECT_EQ(outcome.of_world(world).size(), std::size_t{kStrings} * kSamples);
        EXPECT_EQ(outcome.divergences(world), 0) << "world " << world << ": " << shown(outcome);
    }
    EXPECT_EQ(outcome.warnings,
              (std::vector<std::string>{"world 'still' acted and changed no logit",
                                        "world 'off' acted and changed no logit"}));
}

TEST_F(NullWorld, FullStrengthDiverges) {  // control
    test::write_random_lora(folder_ / "lora.gguf", 0.5F);
    test::write_vector(folder_ / "vector.gguf", 576, 8, 12, 20.0F);
    const std::vector<WorldPlan> worlds{
        test::world_of(factual_, "steered", {Steer{.path = (folder_ / "vector.gguf").string()}}),
        test::world_of(factual_, "tuned", {UseLora{.path = (folder_ / "lora.gguf").string()}})};
    const auto outcome =
        test::run(factual_, worlds, mixed_strings(20), test::session_options(kTokens, 1));
    EXPECT_GT(outcome.divergences(0), 10);
    EXPECT_GT(outcome.divergences(1), 10);
    EXPECT_EQ(outcome.divergences(2), 0);
    EXPECT_TRUE(outcome.warnings.empty());
}

// Its attention is not invariant, so that all calls of the run get one shape (fixed_calls.h).
TEST_F(NullWorld, BesideAWorldWithoutFlashAttention) {
    const auto off = test::world_of(factual_, "off", {FlashAttention{"off"}});
    const auto outcome =
        test::run(factual_, {off}, test::short_prompts(8), test::session_options(kTokens, 1));
    EXPECT_TRUE(outcome.fixed.any());
    EXPECT_TRUE(outcome.report.effects[0].logits_differ);
    EXPECT_GT(outcome.divergences(0), 0);
    EXPECT_EQ(outcome.divergences(1), 0);
}

// Control: without the planned shapes (--fast) numerical noise shows.
TEST_F(NullWorld, WithoutTheRulesOfShapeLogitsDiffer) {
    auto options = test::session_options(kTokens, 1);
    options.fast = true;
    const auto fast =
        test::run(test::plan_of(test::derived_model("Q4_K_M")), {}, mixed_strings(20), options);
    EXPECT_GT(fast.divergences(0), 0);
}

}  // namespace
}  // namespace otherwise
