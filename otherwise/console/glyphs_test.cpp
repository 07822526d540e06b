#include "otherwise/console/glyphs.h"

#include <gtest/gtest.h>

namespace otherwise::console {
namespace {

using Lines = std::vector<std::string>;

Lines wrapped(std::string_view text, int width) {
    Lines lines;
    for (const auto& line : wrap(cells_of(text), width)) {
        lines.push_back(paint(line, false));
    }
    return lines;
}

TEST(Visible, NothingReachesTheTerminalRaw) {
    EXPECT_EQ(visible("a\x1b[31mb\x07\x7f"), "a\\x1b[31mb\\x07\\x7f");
    EXPECT_EQ(visible("a\nb\tc\r"), "a↵b\\tc\\r");
    EXPECT_EQ(visible(std::string("\0", 1)), "\\x00");
    EXPECT_EQ(visible("\xC2\x9B"
                      "31m"),
              "\\x9b31m");                                       // CSI as one character
    EXPECT_EQ(visible("\u202Eabc\u2066"), "\\u202eabc\\u2066");  // would turn the line around
    EXPECT_EQ(visible("\u200B\uFEFF\U000E0041"), "\\u200b\\ufeff\\u{e0041}");
    EXPECT_EQ(visible("caf\xE9 \xF0\x9F"), "caf\uFFFD \uFFFD\uFFFD");
    EXPECT_EQ(visible("é 日本 🙂 e\u0301 ↵"), "é 日本 🙂 e\u0301 ↵");
    for (int byte = 0; byte < 256; ++byte) {
        for (const char c : visible(std::string(1, static_cast<char>(byte)))) {
            const auto shown = static_cast<unsigned char>(c);
            EXPECT_TRUE(shown >= 0x20 && shown != 0x7F) << byte;
        }
    }
}

TEST(Width, CountsColumns) {
    EXPECT_EQ(display_width("abc"), 3);
    EXPECT_EQ(display_width("é"), 1);
    EXPECT_EQ(display_width("e\u0301"), 1);
    EXPECT_EQ(display_width("日本"), 4);
    EXPECT_EQ(display_width("🙂"), 2);
    EXPECT_EQ(display_width("↵…│∎▌"), 5);
    EXPECT_EQ(display_width("\x1b"), 4);
    EXPECT_EQ(display_width("\n"), 1);
    EXPECT_EQ(display_width("\u0301"), 0);
    EXPECT_EQ(display_width(""), 0);
}

TEST(Wrap, BreaksAfterSpacesElseAnywhere) {
    EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
    EXPECT_EQ(wrapped("one two three", 13), (Lines{"one two three"}));
    EXPECT_EQ(wrapped("  one   two ", 5), (Lines{"one", "two"}));
    EXPECT_EQ(wrapped("a  b", 9), (Lines{"a  b"}));
    EXPECT_EQ(wrapped("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
    EXPECT_EQ(wrapped("日本語", 4), (Lines{"日本", "語"}));
    EXPECT_EQ(wrapped("a\x1b"
                      "b",
                      4),
              (Lines{"a", "\\x1b", "b"}));
    EXPECT_EQ(wrapped("", 4), (Lines{""}));
    EXPECT_EQ(wrapped("日", 1), (Lines{"日"}));  // nothing fits, but it ends
}

TEST(Wrap, NoLineIsTooWide) {
    const std::string text =
        "The 日本語 text, with\x1b[0m words_that_are_rather_long and 🙂🙂🙂 é́s.";
    for (int width = 4; width < 80; ++width) {
        std::string all;
        for (const auto& line : wrap(cells_of(text), width)) {
            EXPECT_LE(width_of(line), width);
            all += paint(line, false);
        }
        const auto without_spaces = [](std::string s) {
            std::erase(s, ' ');
            return s;
        };
        EXPECT_EQ(without_spaces(all), without_spaces(visible(text)));
    }
}

TEST(Keep, CutsWithAnEllipsis) {
    const auto tail = [](std::string_view text, int width) {
        return paint(keep_tail(cells_of(text), width), false);
    };
    const auto head = [](std::string_view text, int width) {
        return paint(keep_head(cells_of(text), width), false);
    };
    EXPECT_EQ(tail("abcdef", 6), "abcdef");
    EXPECT_EQ(tail("abcdef", 4), "…def");
    EXPECT_EQ(tail("one two three", 10), "… three");
    EXPECT_EQ(tail("日本語", 4), "…語");
    EXPECT_EQ(head("abcdef", 4), "abc…");
    EXPECT_EQ(head("日本語", 4), "日…");
    EXPECT_EQ(head("", -1), "");
    EXPECT_EQ(tail("abc", -1), "…");
}

TEST(Paint, RunsOfOneInk) {
    Cells cells = cells_of("ab");
    append(cells, "cd", Ink::dim);
    append(cells, "e", Ink::changed);
    EXPECT_EQ(paint(cells, true), "ab\x1b[2mcd\x1b[0m\x1b[36me\x1b[0m");
    EXPECT_EQ(paint(cells, false), "abcde");
}

TEST(Glyphs, LinesForPeopleKeepNewlinesAndOurColoursAlone) {
    EXPECT_EQ(harmless(""), "");
    EXPECT_EQ(harmless("two\n lines \n\n"), "two\n lines \n\n");
    const Cells cells = cells_of("red", Ink::alarm);
    EXPECT_EQ(harmless("a " + paint(cells, true) + "\n"), "a " + paint(cells, true) + "\n");
    EXPECT_EQ(harmless("\x1b[2J\x1b]0;title\x07\r\f\x1b"),
              "\\x1b[2J\\x1b]0;title\\x07\\r\\x0c\\x1b");
    EXPECT_EQ(harmless("\x1b[8mhidden\xc2\x9b"), "\\x1b[8mhidden\\x9b");
    EXPECT_EQ(harmless("a\xff"
                       "b\n"),
              "a\xef\xbf\xbd"
              "b\n");
    EXPECT_EQ(harmless(harmless("\x1b[2J\t")), harmless("\x1b[2J\t"));
}

}  // namespace
}  // namespace otherwise::console
