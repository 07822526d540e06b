#include "otherwise/page/report_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/base/text.h"
#include "otherwise/page/pieces.h"
#include "tests/support/report_scene.h"

namespace otherwise {
namespace {

using test::hostile_texts;
using test::ReportScene;

TEST(ReportJson, NothingInItCanEndAScript) {
    const std::string json = report_json(ReportScene({.strings = 10, .hostile = true}).data());
    EXPECT_EQ(json.find_first_of("<>&"), std::string::npos);
    EXPECT_EQ(json.find("\xE2\x80\xA8"), std::string::npos);
    EXPECT_TRUE(is_utf8(json));
    // The control: the same data without the escapes has them.
    EXPECT_NE(nlohmann::json::parse(json).dump().find("</script>"), std::string::npos);
}

TEST(ReportJson, EscapesMeanTheSameText) {
    for (const auto& text : hostile_texts()) {
        const std::string safe = safe_in_script(nlohmann::json(to_utf8(text)).dump());
        EXPECT_EQ(nlohmann::json::parse(safe).get<std::string>(), to_utf8(text));
    }
}

TEST(ReportJson, PairsCanBePutTogetherAgain) {
    const ReportData data = ReportScene({.strings = 8, .hostile = true}).data();
    const auto json = nlohmann::json::parse(report_json(data));
    const auto text_of = [&](const nlohmann::json& indices) {
        std::string text;
        for (const auto& index : indices) {
            text += json["pieces"][index.get<std::size_t>()].get<std::string>();
        }
        return text;
    };
    ASSERT_EQ(json["pairs"].size(), data.pairs.size());
    for (std::size_t i = 0; i < data.pairs.size(); ++i) {
        const auto& pair = json["pairs"][i];
        std::string tail;
        for (const auto& piece : data.pairs[i].tail) {
            tail += to_utf8(piece);
        }
        EXPECT_EQ(text_of(pair["tail"]), tail);
        EXPECT_EQ(pair["stay"].size(), data.pairs[i].stay.size());
        EXPECT_EQ(pair["stay"][0].get<int>(), std::lround(1000 * data.pairs[i].stay[0]));
    }
}

TEST(ReportJson, NumbersAreTheMeasures) {
    const ReportData data = ReportScene({.strings = 20, .doses = true}).data();
    const auto json = nlohmann::json::parse(report_json(data));
    const auto& world = json["worlds"][1];
    EXPECT_EQ(world["summary"]["unchanged"], data.worlds[1].summary.unchanged);
    EXPECT_NEAR(world["law"]["kl"]["mean"].get<double>(), data.worlds[1].law->kl.mean, 1e-5);
    EXPECT_EQ(world["exact"].size(), 25U);
    EXPECT_EQ(world["exact"][0][0], 1);
    EXPECT_NEAR(world["exact"][4][1].get<double>(), data.worlds[1].law->survival[4].value, 1e-5);
    EXPECT_EQ(json["doses"][0]["points"].size(), 5U);
}

TEST(ReportJson, WhatIsNotFiniteIsNull) {
    ReportData data = ReportScene({.strings = 4}).data();
    data.pairs[0].margin = std::numeric_limits<double>::infinity();
    data.worlds[0].law->kl.mean = std::numeric_limits<double>::quiet_NaN();
    const auto json = nlohmann::json::parse(report_json(data));
    EXPECT_TRUE(json["pairs"][0]["margin"].is_null());
    EXPECT_TRUE(json["worlds"][0]["law"]["kl"]["mean"].is_null());
}

}  // namespace
}  // namespace otherwise
