// needs: llama
//
// The rounding floor: what a change of no meaning does to strings. With quantized weights llama.cpp
// rounds activations to 8 bits, so that any change moves roundings; with the same weights in
// floating point next to nothing changes. By the exact law, so that no sampling blurs it.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "otherwise/measure/law.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

constexpr int kStrings = 8;
constexpr int kTokens = 12;
constexpr float kSize = 1e-5F;

/// Mean P(unchanged) of each world.
std::vector<double> unchanged(const WorldPlan& factual, const std::vector<WorldPlan>& worlds) {
    auto options = test::session_options(kTokens, 1, 3);
    options.read_only = true;
    options.null_strings = FloorStrings::none;
    Session session(factual, worlds, test::short_prompts(kStrings), options,
                    [](const std::string&) {});
    std::vector<double> means(worlds.size(), 0.0);
    const auto scene = session.scene();
    const auto report = run_laws(scene, {}, {.on_string = [&](const StringLaw& law) {
                                     means[static_cast<std::size_t>(law.world)] +=
                                         law.prefix.unchanged / kStrings;
                                 }});
    EXPECT_EQ(report.strings, kStrings);
    return means;
}

std::vector<WorldPlan> worlds_of(const WorldPlan& factual) {
    return {test::world_of(factual, "nudge", {Nudge{.scale = kSize}}),
            test::world_of(factual, "twice", {Nudge{.scale = 2 * kSize, .seed = 1}}),
            test::world_of(factual, "large", {Nudge{.scale = 0.5F}})};
}

/// Sessions with nudges on all strings, nothing run.
std::vector<std::string> names_of(const WorldPlan& factual, const std::vector<WorldPlan>& worlds,
                                  FloorStrings nudges,
                                  std::vector<std::optional<std::size_t>>* beside = nullptr) {
    auto options = test::session_options(kTokens, 1, 3);
    options.nudge_strings = nudges;
    options.fast = true;
    const Session session(factual, worlds, test::short_prompts(2), options,
                          [](const std::string&) {});
    for (std::size_t w = 0; beside != nullptr && w < worlds.size(); ++w) {
        beside->push_back(session.nudge_of(w));
    }
    return session.world_names();
}

TEST(RoundingFloor, EachSiteHasItsNudge) {
    using Names = std::vector<std::string>;
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    const auto at = [&](const std::string& name, int layer) {
        return test::world_of(factual, name, {Nudge{.layers = {.first = layer, .last = layer}}});
    };
    const auto hot = test::world_of(factual, "hot", {SetTemperature{.value = 1.5F}});
    std::vector<std::optional<std::size_t>> beside;
    EXPECT_EQ(
        names_of(factual, {at("a", 7), hot, at("b", 3), at("c", 7)}, FloorStrings::some, &beside),
        (Names{"a", "hot", "b", "c", "null", "nudge-3", "nudge-7"}));
    EXPECT_EQ(beside, (std::vector<std::optional<std::size_t>>{6, std::nullopt, 5, 6}));
    EXPECT_EQ(names_of(factual, {at("a", 7)}, FloorStrings::some), (Names{"a", "null", "nudge"}));
    EXPECT_EQ(names_of(factual, {at("a", 7)}, FloorStrings::none), (Names{"a", "null"}));
    EXPECT_EQ(names_of(factual, {hot}, FloorStrings::some), (Names{"hot", "null"}));
    EXPECT_EQ(names_of(factual, {hot}, FloorStrings::all), (Names{"hot", "null", "nudge"}));
}

TEST(RoundingFloor, IsHighWithQuantizedWeights) {
    for (const std::string type : {"Q4_0", "Q8_0"}) {
        const auto factual = test::plan_of(test::derived_model(type));
        const auto p = unchanged(factual, worlds_of(factual));
        EXPECT_LT(p[0], 0.9) << type;
        EXPECT_LT(p[1], 0.9) << type;
        EXPECT_LT(p[2], 0.5 * p[0]) << "a large change is far beyond the floor, " << type;
    }
}

TEST(RoundingFloor, IsNearNothingInFloatingPoint) {
    for (const std::string weights : {"f16", "f32"}) {
        auto factual = test::plan_of(test::derived_model("Q4_0"));
        factual.weights = weights;
        const auto p = unchanged(factual, worlds_of(factual));
        EXPECT_GT(p[0], 0.98) << weights;
        EXPECT_GT(p[1], 0.98) << weights;
        EXPECT_LT(p[2], 0.5) << weights;
    }
}

}  // namespace
}  // namespace otherwise
