#include "otherwise/console/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "otherwise/console/glyphs.h"

namespace otherwise::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Style kPlain{.colour = false, .width = 80};
const Style kColour{.colour = true, .width = 80};

PairView louvre() {
    return {.id = "3",
            .sample = 0,
            .prompt = "The Louvre is located in",
            .factual = {" the city of Paris.", true},
            .worlds = {{.world = "q2_k",
                        .written = {" the city of London", false},
                        .shared_bytes = 12,
                        .unchanged = false,
                        .fragile = true},
                       {.world = "hot",
                        .written = {" the city of Paris.", true},
                        .shared_bytes = 19,
                        .unchanged = true,
                        .fragile = false}}};
}

/// The widest line, in columns.
int widest(const std::string& text) {
    std::istringstream lines(text);
    int width = 0;
    for (std::string line; std::getline(lines, line);) {
        width = std::max(width, display_width(line));
    }
    return width;
}

/// Token k writes the byte k.
std::string letters(std::span<const Token> tokens) {
    std::string text;
    for (const Token token : tokens) {
        text += static_cast<char>(token);
    }
    return text;
}

TEST(RenderPair, PlainMarks) {
    EXPECT_EQ(render_pair(louvre(), kPlain),
              "▌ 3  The Louvre is located in\n"
              "  factual  the city of Paris.∎\n"
              "  q2_k     the city of│ London … (fragile)\n"
              "  hot      unchanged\n\n");
}

TEST(RenderPair, ColourDimsWhatIsShared) {
    const std::string text = render_pair(louvre(), kColour);
    EXPECT_THAT(text, HasSubstr("\x1b[2mthe city of\x1b[0m\x1b[1;36m│\x1b[0m\x1b[36m London"));
    EXPECT_THAT(text, HasSubstr("\x1b[2munchanged\x1b[0m"));
    EXPECT_THAT(render_pair(louvre(), kPlain), Not(HasSubstr("\x1b")));
}

TEST(RenderPair, WhatTheModelWroteIsHarmless) {
    PairView view = louvre();
    view.id = "\x1b]0;id";
    view.prompt = "\x1b[2J\n";
    view.factual.text = "a\x1b[31mb";
    view.worlds[0] = {"w\x1b", {"\x07", false}, 0, false, false};
    const std::string text = render_pair(view, kPlain);
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\x07")));
    EXPECT_THAT(text, HasSubstr("a\\x1b[31mb"));
    EXPECT_THAT(text, HasSubstr("▌ \\x1b]0;id  \\x1b[2J↵"));
}

TEST(RenderPair, FitsTheTerminal) {
    PairView view = louvre();
    view.sample = 2;
    for (int i = 0; i < 100; ++i) {
        view.prompt += " prompt" + std::to_string(i);
        view.factual.text += " 日本" + std::to_string(i);
    }
    view.worlds[0].written.text = view.factual.text + " end";
    view.worlds[0].shared_bytes = view.factual.text.size();
    view.worlds[1].world = std::string(50, 'x');
    for (const int width : {40, 80, 200}) {
        const std::string text = render_pair(view, {.colour = false, .width = width});
        EXPECT_LE(widest(text), width);
        EXPECT_THAT(text, HasSubstr("▌ 3#2  …"));
        EXPECT_THAT(text, HasSubstr("prompt99\n"));
        EXPECT_THAT(text, HasSubstr("99│ end …"));
        EXPECT_THAT(text, HasSubstr("xxxxxxxxx…  unchanged"));
    }
}

TEST(RenderPair, ADivergenceInsideACharacterMovesToItsStart) {
    PairView view = louvre();
    view.worlds.resize(1);
    view.worlds[0].written.text = "aé";
    view.worlds[0].shared_bytes = 2;
    EXPECT_THAT(render_pair(view, kPlain), HasSubstr("a│é …"));
}

TEST(WorldView, OfAPair) {
    Pair pair;
    pair.factual = std::make_shared<Written>(Written{{'a', 'b', 0}, true});
    pair.counterfactual = {{'a', 'c'}, false};
    pair.lcp = 1;
    pair.margin = 0.001;
    EXPECT_EQ(shown_text(*pair.factual, letters).text, "ab");
    const WorldView view = world_view(pair, "w", letters);
    EXPECT_EQ(view.written.text, "ac");
    EXPECT_EQ(view.shared_bytes, 1U);
    EXPECT_TRUE(view.fragile);
    EXPECT_FALSE(view.unchanged || view.written.ended);
    pair.counterfactual = *pair.factual;
    pair.lcp = 3;
    EXPECT_TRUE(world_view(pair, "w", letters).unchanged);
}

std::vector<TableRow> rows() {
    Summary floor;
    floor.strings = floor.unchanged = 32;
    floor.unchanged_share = floor.lcp_mean_share = 1.0;
    floor.lcp_median = floor.lcp_mean = 25.0;
    Summary changed;
    changed.strings = 400;
    changed.unchanged = 1;
    changed.unchanged_share = 0.0025;
    changed.lcp_median = 6.0;
    changed.lcp_mean = 8.25;
    changed.lcp_mean_share = 0.33;
    changed.changed_tokens = 612;
    changed.changed_share = 0.9999;
    changed.fragile = 2;
    return {{.world = "null", .summary = floor, .role = WorldRole::null},
            {.world = "q2_k", .summary = changed},
            {.world = "none", .summary = Summary{}}};
}

TEST(RenderTable, AlignedWithTheFloorLast) {
    EXPECT_EQ(render_table(rows(), kPlain),
              "                                       LCP   LCP    LCP   changed\n"
              "  world         strings  unchanged  median  mean  share    tokens  fragile\n"
              "  q2_k              400     1  <1%     6.0   8.2    33%  612 >99%        2\n"
              "  none                0          –       –     –      –         –        –\n"
              "  null (floor)       32    32 100%    25.0  25.0   100%    0   0%        0\n");
}

TEST(RenderTable, NudgesComeBeforeTheNullWorldAndHaveAColumn) {
    auto with_nudge = rows();
    with_nudge[1].over_nudge = 0.125;
    with_nudge.push_back(with_nudge[1]);
    with_nudge.back().world = "r";
    with_nudge.back().over_nudge = -0.02;
    with_nudge.push_back(
        {.world = "nudge", .summary = with_nudge[0].summary, .role = WorldRole::nudge});
    EXPECT_EQ(
        render_table(with_nudge, kPlain),
        "                                     over     LCP   LCP    LCP   changed\n"
        "  world         strings  unchanged  nudge  median  mean  share    tokens  fragile\n"
        "  q2_k              400     1  <1%   +12%     6.0   8.2    33%  612 >99%        2\n"
        "  none                0          –      –       –     –      –         –        –\n"
        "  r                 400     1  <1%    −2%     6.0   8.2    33%  612 >99%        2\n"
        "  nudge              32    32 100%           25.0  25.0   100%    0   0%        0\n"
        "  null (floor)       32    32 100%           25.0  25.0   100%    0   0%        0\n");
}

TEST(RenderTable, AChangedFloorIsLoud) {
    auto broken = rows();
    broken[0].summary.unchanged = 31;
    EXPECT_THAT(render_table(broken, kPlain), HasSubstr("the floor should be unchanged"));
    EXPECT_THAT(render_table(broken, kColour), HasSubstr("\x1b[1;31mnull"));
    EXPECT_THAT(render_table(rows(), kColour), Not(HasSubstr("\x1b[1;31m")));
}

TEST(RenderTable, LongNamesLeaveRoomForTheNumbers) {
    auto named = rows();
    named[1].world = std::string(60, 'x');
    EXPECT_LE(widest(render_table(named, kPlain)), 80);
    EXPECT_THAT(render_table(named, {.colour = false, .width = 200}), HasSubstr(named[1].world));
}

}  // namespace
}  // namespace otherwise::console
