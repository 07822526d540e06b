#include "otherwise/world/plan.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

WorldPlan folded(std::vector<Intervention> interventions, WorldPlan plan = {.model = "m.gguf"}) {
    return with_interventions(std::move(plan),
                              {.name = "w", .interventions = std::move(interventions)});
}

TEST(Plan, WithoutInterventionsIsTheFactualOne) {
    const WorldPlan factual{
        .model = "m.gguf", .prompt = {.chat = true, .system = "s"}, .mechanism = {.top_k = 4}};
    const auto plan = folded({}, factual);
    EXPECT_EQ(plan.name, "w");
    EXPECT_TRUE(same_network(plan, factual));
    EXPECT_EQ(plan.prompt, factual.prompt);
    EXPECT_EQ(plan.mechanism, factual.mechanism);
}

TEST(Plan, LaterSettingsWinAndEditsAddUp) {
    const auto plan =
        folded({UseModel{"a"}, UseModel{"b"}, SetTopK{3}, SetTopK{5}, SetTemperature{0.5F},
                SetTopP{0.9F}, SetMinP{0.1F}, UseLora{.path = "x"}, UseLora{.path = "y"},
                CacheKeys{.type = "q8_0"}, CacheValues{.type = "bf16"}, FlashAttention{"off"}});
    EXPECT_EQ(plan.model, "b");
    EXPECT_EQ(plan.mechanism,
              (Mechanism{.temperature = 0.5F, .top_k = 5, .top_p = 0.9F, .min_p = 0.1F}));
    ASSERT_EQ(plan.loras.size(), 2U);
    EXPECT_EQ(plan.loras[0].path, "x");
    EXPECT_EQ(plan.cache_keys, "q8_0");
    EXPECT_EQ(plan.cache_values, "bf16");
    EXPECT_EQ(plan.flash_attention, "off");
}

TEST(Plan, EditsKeepTheirOrder) {
    const Steer steer{.path = "v"};
    const Ablate ablate{.path = "v"};
    const auto one = folded({steer, ablate});
    const auto two = folded({ablate, steer});
    ASSERT_EQ(one.edits.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Steer>(one.edits[0]));
    EXPECT_TRUE(std::holds_alternative<Ablate>(two.edits[0]));
    EXPECT_FALSE(same_network(one, two));
    const auto three = folded({Heads{.path = "h"}, Affine{.path = "m"}, steer});
    ASSERT_EQ(three.edits.size(), 3U);
    EXPECT_TRUE(std::holds_alternative<Heads>(three.edits[0]));
    EXPECT_TRUE(std::holds_alternative<Affine>(three.edits[1]));
}

TEST(Plan, PrefixesGrowOutwards) {
    const auto plan = folded({Prefix{"b "}, Prefix{"a "}, Suffix{" y"}, Suffix{" z"}});
    EXPECT_EQ(plan.prompt.prefix, "a b ");
    EXPECT_EQ(plan.prompt.suffix, " y z");
}

TEST(Plan, SystemMessagesNeedChat) {
    EXPECT_ERROR(folded({SystemPrompt{"be brief"}}), "add `chat`");
    const auto plan = folded({SystemPrompt{"be brief"}}, {.prompt = {.chat = true}});
    EXPECT_EQ(plan.prompt.system, "be brief");
}

TEST(Plan, ForcesKeepTheirPlaces) {
    EXPECT_ERROR(folded({Force{.position = -1, .text = "x"}}), "do:-1");
    const auto plan =
        folded({Force{.position = 3, .text = "x"}, Force{.position = 0, .tokens = {7}}});
    ASSERT_EQ(plan.forces.size(), 2U);
    EXPECT_EQ(plan.forces[1].tokens, Tokens{7});
}

TEST(Plan, MechanismsAreChecked) { EXPECT_ERROR(folded({SetTopP{0.0F}}), "top-p"); }

TEST(Plan, SameNetworkIsAboutTheLogitsOfEqualPrompts) {
    const WorldPlan factual{.model = "m.gguf"};
    EXPECT_TRUE(same_network(factual, folded({Prefix{"x"}, SetTopK{3}, Force{.text = "y"}})));
    for (const Intervention& other : std::vector<Intervention>{
             UseModel{"n"}, UseWeights{"f16"}, Nudge{}, UseLora{.path = "x"}, Steer{.path = "v"},
             Ablate{.path = "v"}, Affine{.path = "m"}, Heads{.path = "h"},
             CacheKeys{.type = "q8_0"}, CacheValues{.type = "q8_0"}, FlashAttention{"off"}}) {
        EXPECT_FALSE(same_network(factual, folded({other}))) << describe(other);
    }
    EXPECT_FALSE(same_network(folded({Steer{.path = "v"}}),
                              folded({Steer{.path = "v", .scope = Scope::written}})));
}

TEST(Plan, TheFilesOfItsNetworkAreAdaptersThenEdits) {
    const auto plan = folded({Steer{.path = "v.gguf"}, UseLora{.path = "l.gguf"}, Nudge{},
                              Heads{.path = "h.gguf"}, SetTemperature{0.5F}});
    EXPECT_EQ(network_files(plan), (std::vector<std::string>{"l.gguf", "v.gguf", "h.gguf"}));
}

}  // namespace
}  // namespace otherwise
