#include "otherwise/console/laws.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "otherwise/console/table.h"

namespace otherwise::console {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const Style kPlain{.colour = false, .width = 100};
const Style kColour{.colour = true, .width = 100};

WorldLaw row(const std::string& world, double unchanged, WorldRole role = WorldRole::change) {
    WorldLaw row{.world = world, .role = role, .summary = {}, .target = std::nullopt};
    row.summary.strings = 40;
    row.summary.positions = 1000;
    row.summary.length = 25.0;
    row.summary.unchanged = {.value = unchanged, .interval = {0.1, 0.3}, .n = 40, .clusters = 40};
    row.summary.expected_lcp = {.value = 5.0, .interval = {4.0, 6.0}, .n = 40, .clusters = 40};
    row.summary.survival = {{.value = 0.5, .n = 40}, {.value = 1e-5, .n = 40}};
    row.summary.kl.mean = 0.25;
    row.summary.kl.maximum = std::numeric_limits<double>::infinity();
    row.summary.bounds = {.low = 0.0, .high = 0.75};
    return row;
}

TEST(LawShow, TablesHaveEveryWorldAndTheNullLast) {
    const std::vector<WorldLaw> rows{row("null", 1.0, WorldRole::null), row("hot", 0.2)};
    const auto text = render_law(rows, "", kPlain);
    EXPECT_THAT(text, ContainsRegex("hot +40 +0.200 .0.100, 0.300. +5.00 .4.00, 6.00. +25.0"));
    EXPECT_THAT(text, ContainsRegex("null .floor. +40 +1 "));
    EXPECT_LT(text.find("hot"), text.find("null (floor)"));
    EXPECT_THAT(text, ContainsRegex("hot +0.500 +1.0e-05\n"));
    EXPECT_THAT(text, HasSubstr("inf"));
    EXPECT_THAT(text, Not(HasSubstr("^")));
    EXPECT_THAT(text, Not(HasSubstr("P(target)")));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(LawShow, BrokenFloorRaisesAnAlarm) {
    const std::vector<WorldLaw> rows{row("hot", 0.2), row("null", 0.99, WorldRole::null)};
    EXPECT_THAT(render_law(rows, "", kPlain), HasSubstr("^ the floor"));
    EXPECT_FALSE(is_floor(rows[1]));
}

TEST(LawShow, TinyNumbersShowTheirPower) {
    EXPECT_EQ(measured_text({.value = 0.25, .interval = {0.2, 0.3}}, 2), "0.25 [0.20, 0.30]");
    EXPECT_EQ(measured_text({.value = 3.2e-5, .interval = {0.0, 8e-5}}, 3), "3e-05 [0.000, 8e-05]");
    EXPECT_EQ(measured_text({.value = 2.0, .interval = {}}, 1), "2.0");
    EXPECT_EQ(measured_text({.value = 2.0, .interval = {2.0, 2.0}}, 1), "2.0");
}

TEST(LawShow, SweepDrawsTheExpectedLcp) {
    std::vector<DoseRow> rows{{.dose = 0.0F, .summary = row("a", 1.0).summary, .target = {}},
                              {.dose = 0.5F, .summary = row("b", 0.2).summary, .target = {}}};
    rows[0].summary.expected_lcp = {.value = 25.0, .interval = {25.0, 25.0}};
    rows[1].summary.expected_lcp = {.value = 12.5, .interval = {12.0, 13.0}};
    const auto text = render_sweep("steer.scale", rows, kPlain);
    EXPECT_THAT(text, HasSubstr("of 25.0 tokens"));
    EXPECT_THAT(text, HasSubstr("25.00  " + bar(1.0, 24) + "\n"));
    EXPECT_THAT(text, HasSubstr("12.50 [12.00, 13.00]  " + bar(0.5, 24) + "\n"));
}

TEST(LawShow, TokensAreMarkedOrColoured) {
    const std::vector<TokenView> tokens{{.text = "The", .stay = 0.995},
                                        {.text = " sk", .stay = 0.3},
                                        {.text = "\xc3", .stay = 0.8},  // half a character
                                        {.text = "\xa9", .stay = 0.6}};
    EXPECT_EQ(render_tokens("x  ", tokens, kPlain), "x  The sk[30]é[60]\n");
    const auto coloured = render_tokens("x  ", tokens, kColour);
    EXPECT_THAT(coloured, HasSubstr("\x1b[31m sk"));
    EXPECT_THAT(coloured, HasSubstr("\x1b[33mé"));
    EXPECT_THAT(coloured, Not(HasSubstr("[30]")));
}

TEST(LawShow, ATokensLawEndsWithTheRest) {
    TokenLaw law;
    law.observed = {.token = 1, .probability = 0.75, .p = 0.5, .q = 0.4, .ratio = 0.8};
    law.outcomes = {law.observed,
                    {.token = 2, .probability = 0.2, .p = 0.1, .q = 0.3, .ratio = 3.0}};
    law.rest = 0.05;
    const auto text = render_token_law(
        "hot", law, [](Token token) { return "t\x1b" + std::to_string(token); }, kPlain);
    EXPECT_THAT(text, HasSubstr("= 't\\x1b1'"));
    EXPECT_THAT(text, ContainsRegex("2' +0.200 +0.100 +0.300 +3\n"));
    EXPECT_THAT(text, ContainsRegex("others +0.050"));
}

TEST(LawShow, BarsAreInEighths) {
    EXPECT_EQ(bar(0.0, 8), "");
    EXPECT_EQ(bar(1.0, 3), "███");
    EXPECT_EQ(bar(0.5, 1), "▌");
    EXPECT_EQ(bar(7.0, 2), "██");
    EXPECT_EQ(bar(std::numeric_limits<double>::quiet_NaN(), 2), "");
}

}  // namespace
}  // namespace otherwise::console
