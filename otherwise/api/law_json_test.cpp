// needs: llama
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "otherwise/api/law.h"

namespace otherwise {
namespace {

using Json = nlohmann::json;

TEST(LawJson, ASweepHasItsDosesAsTheyWereGiven) {
    SweepTable table;
    table.rows.resize(2);
    table.rows[0].dose = 0.1;
    table.rows[0].summary.unchanged = {.value = 0.75, .interval = {0.5, 1.0}, .n = 4};
    table.rows[0].summary.kl.mean = 0.25;
    table.rows[0].target = Measured{.value = 0.5};
    const auto text = to_json(table);
    EXPECT_NE(text.find("\"dose\": 0.1,"), std::string::npos) << text;  // not 0.1000000015
    const auto json = Json::parse(text);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[0]["unchanged"]["value"], 0.75);
    EXPECT_EQ(json[0]["kl_mean"], 0.25);
    EXPECT_EQ(json[0]["target"]["value"], 0.5);
    EXPECT_TRUE(json[1]["dose"].is_null());  // the nudge's
    EXPECT_EQ(json[1]["world"], "nudge");
    EXPECT_FALSE(json[1].contains("target"));
}

TEST(LawJson, AThresholdSaysWhereAndWhat) {
    ThresholdTable table;
    table.strings = {{.string = "x",
                      .sample = 2,
                      .strength = 1.5,
                      .at_low = true,
                      .position = 3,
                      .factual = " red",
                      .counterfactual = "\xFF"},
                     {.string = "y"}};
    const auto json = Json::parse(to_json(table));
    EXPECT_EQ(json[0], Json::parse(R"({"string": "x", "sample": 2, "threshold": 1.5, "at_low": true,
                                       "position": 3, "factual": " red",
                                       "counterfactual": "\uFFFD"})"));
    EXPECT_EQ(json[1], Json::parse(R"({"string": "y", "sample": 0, "threshold": null,
                                       "at_low": false})"));
    const auto lines = to_jsonl(table);
    EXPECT_EQ(std::ranges::count(lines, '\n'), 2);
    EXPECT_EQ(Json::parse(lines.substr(0, lines.find('\n'))), json[0]);
}

TEST(LawJson, OneTokensLawHasItsOutcomesAndBounds) {
    TokenTable table;
    table.pieces = {{7, " a"}, {8, " b"}};
    const Outcome stays{.token = 7, .probability = 0.75, .p = 0.5, .q = 0.375};
    const Outcome becomes{.token = 8, .probability = 0.25, .p = 0.25, .q = 0.5};
    table.worlds = {{.world = "w",
                     .law = {.observed = stays,
                             .outcomes = {stays, becomes},
                             .rest = 0.125,
                             .bounds = {.low = 0.25, .high = 0.875}}}};
    const auto json = Json::parse(to_json(table));
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0]["world"], "w");
    EXPECT_EQ(json[0]["observed"]["text"], " a");
    EXPECT_EQ(json[0]["outcomes"][1], Json::parse(R"({"token": 8, "text": " b",
                                                      "probability": 0.25, "p": 0.25, "q": 0.5})"));
    EXPECT_EQ(json[0]["rest"], 0.125);
    EXPECT_EQ(json[0]["stay_bounds"], (std::vector{0.25, 0.875}));
}

}  // namespace
}  // namespace otherwise
