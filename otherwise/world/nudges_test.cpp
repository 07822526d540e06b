// needs: llama
#include "otherwise/world/nudges.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

OpenedWorld factual() {
    OpenedWorld world;
    world.plan.model = "m.gguf";
    return world;
}

OpenedWorld with_edit(OpenedWorld world, int layer, Scope scope = Scope::all) {
    world.plan.edits.emplace_back(Steer{.path = std::to_string(layer), .scope = scope});
    world.edit_layers.push_back(layer);
    return world;
}

OpenedWorld with_lora(OpenedWorld world, int layer, Scope scope = Scope::all) {
    world.plan.loras.push_back({.path = std::to_string(layer), .scope = scope});
    world.lora_layers.push_back(layer);
    return world;
}

std::optional<NudgeSite> site_of(const OpenedWorld& world) { return nudge_site(factual(), world); }

constexpr NudgeSite kStart{.layer = 0, .scope = Scope::all};

TEST(NudgeSite, IsWhereTheWorldFirstActs) {
    EXPECT_EQ(site_of(with_edit(with_edit(factual(), 9), 7)), (NudgeSite{.layer = 7}));
    EXPECT_EQ(site_of(with_lora(with_edit(factual(), 9), 3)), (NudgeSite{.layer = 3}));
}

TEST(NudgeSite, ScopesThatDifferAreAll) {
    const auto written = with_edit(factual(), 4, Scope::written);
    EXPECT_EQ(site_of(written), (NudgeSite{.layer = 4, .scope = Scope::written}));
    EXPECT_EQ(site_of(with_lora(written, 6, Scope::written)),
              (NudgeSite{.layer = 4, .scope = Scope::written}));
    EXPECT_EQ(site_of(with_lora(written, 6, Scope::prompt)), (NudgeSite{.layer = 4}));
}

TEST(NudgeSite, ModelsPromptsAndCachesActFromTheStart) {
    OpenedWorld world = with_edit(factual(), 5, Scope::written);
    world.plan.weights = "f32";
    EXPECT_EQ(site_of(world), kStart);
    world = factual();
    world.plan.model = "n.gguf";
    EXPECT_EQ(site_of(world), kStart);
    world = factual();
    world.plan.prompt.prefix = "Well, ";
    EXPECT_EQ(site_of(world), kStart);
    world = factual();
    world.plan.cache_values = "q8_0";
    EXPECT_EQ(site_of(world), kStart);
}

TEST(NudgeSite, MechanismsAndForcedTokensHaveNone) {
    OpenedWorld world = factual();
    EXPECT_EQ(site_of(world), std::nullopt);
    world.plan.mechanism.temperature = 0.5F;
    world.plan.forces.push_back({.position = 2, .text = "x", .tokens = {}});
    EXPECT_EQ(site_of(world), std::nullopt);
}

TEST(NudgeSite, WhatTheFactualWorldHasIsNoChange) {
    const auto base = with_edit(factual(), 2);
    EXPECT_EQ(nudge_site(base, base), std::nullopt);
    EXPECT_EQ(nudge_site(base, with_edit(base, 8)), (NudgeSite{.layer = 8}));
}

TEST(NudgeWorld, IsNamedByItsSiteWhereThereAreSeveral) {
    EXPECT_EQ(nudge_world({.layer = 4}, true).name, "nudge");
    EXPECT_EQ(nudge_world({.layer = 4}, false).name, "nudge-4");
    EXPECT_EQ(nudge_world({.layer = 4, .scope = Scope::written}, false).name, "nudge-4-written");
    const auto world = nudge_world({.layer = 4, .scope = Scope::prompt}, true);
    EXPECT_EQ(
        std::get<Nudge>(world.interventions.at(0)),
        (Nudge{.scale = kNudgeSize, .layers = {.first = 4, .last = 4}, .scope = Scope::prompt}));
}

}  // namespace
}  // namespace otherwise
