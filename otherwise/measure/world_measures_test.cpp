#include "otherwise/measure/world_measures.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/measure/world_measures_json.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(CompileTargets, TargetsComeFirstAndBadOnesAreNamed) {
    const auto targets = compile_targets({"a", "b"}, {"c"});
    ASSERT_EQ(targets.size(), 3U);
    EXPECT_EQ(targets[1].kind, "target");
    EXPECT_EQ(targets[1].pattern.expression(), "b");
    EXPECT_EQ(targets[2].kind, "off-target");
    EXPECT_ERROR(compile_targets({}, {"("}), "`off_target` REGEX");
    EXPECT_ERROR(compile_targets({"["}, {}), "`target` REGEX");
}

WorldMeasures measured(std::string_view after, bool fresh) {
    PairMeasures measures(compile_targets({"b"}, {}));
    for (int string = 0; string < 4; ++string) {
        measures.add({.cluster = string,
                      .factual = {.text = string % 2 == 0 ? "a" : "c"},
                      .counterfactual = {.text = string % 2 == 0 ? "a" : after}});
    }
    return {.world = "w", .summary = measures.summary(), .independent = fresh};
}

TEST(MeasuresJson, ARatioNeedsFreshPairs) {
    auto world = measured("b", false);
    auto json = measures_json(world);
    EXPECT_EQ(json["measures"]["unchanged"]["value"], 0.5);
    EXPECT_EQ(json["measures"]["unchanged"]["n"], 4);
    const auto shift = [&] {
        for (const auto& entry : json["shifts"]) {
            if (entry["key"] == "target") {
                return entry;
            }
        }
        return nlohmann::ordered_json();
    };
    EXPECT_EQ(shift()["difference"]["value"], 0.5);
    EXPECT_FALSE(shift().contains("measured_ratio"));
    world.fresh = measured("bb", true).summary;
    json = measures_json(world);
    EXPECT_TRUE(shift().contains("measured_ratio"));
    EXPECT_NE(fresh_shift(world, world.summary.shifts.front()), nullptr);
}

}  // namespace
}  // namespace otherwise
