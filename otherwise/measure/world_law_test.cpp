#include "otherwise/measure/world_law.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/generate/run.h"
#include "otherwise/measure/world_law_json.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

TEST(WorldLaws, AreTheSummariesOfEachWorld) {
    const auto scene = test::study_scene();
    test::LawBench bench(scene, {});
    const auto laws = bench.laws();
    std::vector<std::string> names;
    for (const auto& world : bench.scene().worlds) {
        names.push_back(world.name);
    }
    WorldLaws together(names);
    std::vector<LawSummaryBuilder> apart(names.size());
    for (const auto& law : laws) {
        together.add(law);
        apart[static_cast<std::size_t>(law.world)].add(law);
    }
    std::vector<Measured> targets(names.size() + 1);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].value = static_cast<double>(i);
    }
    const auto worlds =
        together.worlds(bench.scene(), bench.report, targets, [](std::size_t world) {
            return world == 0 ? std::optional<std::size_t>(3) : std::nullopt;
        });
    ASSERT_EQ(worlds.size(), names.size());
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        EXPECT_EQ(worlds[w].world, names[w]);
        const auto summary = apart[w].summary();
        EXPECT_EQ(worlds[w].summary.unchanged.value, summary.unchanged.value);
        EXPECT_EQ(worlds[w].summary.expected_lcp.value, summary.expected_lcp.value);
        EXPECT_EQ(worlds[w].target->value, static_cast<double>(w + 1));  // after the factual world
        EXPECT_EQ(worlds[w].rows.rows, bench.report.worlds[w].rows);
        EXPECT_EQ(worlds[w].rounding.has_value(), w == 0);
    }
    EXPECT_EQ(worlds.back().role, WorldRole::null);
    EXPECT_TRUE(is_floor(worlds.back()));
    EXPECT_FALSE(is_floor(worlds.front()));

    const auto json = world_law_json(worlds.front());
    EXPECT_EQ(json["world"], "slight");
    EXPECT_EQ(json["survival"].size(), worlds.front().summary.survival.size());
    EXPECT_TRUE(json.contains("kl") && json.contains("target") && json.contains("rounding"));
    EXPECT_EQ(json["rows"]["evaluated"], bench.report.worlds[0].rows);
}

TEST(WorldLaw, WithoutScoredPositionsSaysNothingOfThem) {
    const WorldLaw law{.world = "forced", .summary = {}};
    const auto json = world_law_json(law);
    for (const char* key : {"kl", "agreement", "target", "rounding"}) {
        EXPECT_FALSE(json.contains(key)) << key;
    }
}

}  // namespace
}  // namespace otherwise
