// needs: llama
#include "otherwise/api/run_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

RunResult two_worlds() {
    RunResult result;
    result.model = "\xFF.gguf";
    result.strings = 5;
    result.skipped = {"odd"};
    result.worlds = {{.world = "w"},
                     {.world = "w", .independent = true},
                     {.world = "null", .role = WorldRole::null}};
    result.worlds[0].summary.strings = 10;
    result.worlds[0].summary.unchanged = 4;
    result.worlds[2].summary.strings = 10;
    result.worlds[2].summary.unchanged = 10;
    result.probes = {{.world = "factual", .probe = {}},
                     {.world = "w", .probe = {.invariant = false, .shape = "7 rows"}}};
    return result;
}

TEST(RunResultJson, HasTheWorldsWithTheirRows) {
    auto result = two_worlds();
    auto json = nlohmann::json::parse(to_json(result));
    EXPECT_EQ(json["model"], "\xEF\xBF\xBD.gguf");
    EXPECT_EQ(json["strings"], 5);
    EXPECT_EQ(json["pairs"], 0);  // nothing was evaluated
    EXPECT_FALSE(json.contains("factual_rows"));
    EXPECT_EQ(json["skipped"], std::vector<std::string>{"odd"});
    EXPECT_EQ(json["batch_invariant"], nlohmann::json::parse(R"({"factual": true, "w": false})"));
    ASSERT_EQ(json["worlds"].size(), 3U);
    EXPECT_EQ(json["worlds"][0]["world"], "w");

    result.effort.emplace();
    result.effort->pairs = 30;
    result.effort->factual.rows = 7;
    result.effort->worlds.resize(2);
    result.effort->worlds[1].rows = 99;  // the null world's: fresh noise has none of its own
    json = nlohmann::json::parse(to_json(result));
    EXPECT_EQ(json["pairs"], 30);
    EXPECT_EQ(json["factual_rows"], 7);
    EXPECT_TRUE(json["worlds"][0].contains("rows"));
    EXPECT_FALSE(json["worlds"][1].contains("rows"));
    EXPECT_NE(json["worlds"][2]["rows"].dump().find("99"), std::string::npos);
}

TEST(FloorWarnings, AreOfANullWorldThatChanged) {
    auto result = two_worlds();
    EXPECT_THAT(floor_warnings(result), IsEmpty());
    result.worlds[2].summary.unchanged = 8;
    const auto warnings = floor_warnings(result);
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings[0], HasSubstr("the null world diverged in 2 of 10 strings"));
    EXPECT_THAT(warnings[0], HasSubstr("not batch invariant here (7 rows)"));
    result.probes.clear();
    EXPECT_THAT(floor_warnings(result)[0], HasSubstr("though the probe saw none that does"));
    result.fast = true;
    EXPECT_THAT(floor_warnings(result)[0], HasSubstr("evaluate rows in shapes that differ"));
}

TEST(RunResult, AFaultIsThrownWhereItIsAskedFor) {
    auto result = two_worlds();
    EXPECT_NO_THROW(result.require_sound());
    result.fault = {.fault = Fault::misuse,
                    .complaint = {.where = "x", .expected = "a world that acts", .came = "none"}};
    EXPECT_ERROR(result.require_sound(), "expected a world that acts, got none");
}

}  // namespace
}  // namespace otherwise
