#include "otherwise/study/key_depth.h"

#include <gtest/gtest.h>

#include <string>

#include "otherwise/study/study.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

TEST(KeyDepth, CountsTheDotsOfKeys) {
    EXPECT_EQ(key_depth(""), 0U);
    EXPECT_EQ(key_depth("seed = 1\n"), 0U);
    EXPECT_EQ(key_depth("a.b.c = 1.5\n[x.y]\nz = 1"), 2U);
    EXPECT_EQ(key_depth("[a . \"b.b.b.b\" . 'c.c.c.c']"), 2U);
    EXPECT_EQ(key_depth("a = {b.c.d.e = 1.0, f = [0.5, 1.5]}"), 3U);
}

TEST(KeyDepth, PassesOverTextsAndComments) {
    EXPECT_EQ(key_depth("a = \"......\"  # ........\n"), 0U);
    EXPECT_EQ(key_depth("a = '...\\'\nb.c = 1"), 1U);
    EXPECT_EQ(key_depth("a = \"\"\"\n....\\\"\"\"....\n\"\"\"\nb.c = 1"), 1U);
    EXPECT_EQ(key_depth("a = '''\n...\\'''\nb.c = 1"), 1U);
    EXPECT_EQ(key_depth("a = \"...\\\""), 0U);  // and ends with the text
    EXPECT_EQ(key_depth("a = \"...\nb.c.d = 1"), 2U);
    EXPECT_EQ(key_depth("# ..."), 0U);
}

TEST(ForeignLetter, IsSeenOutsideOfTextsAndComments) {
    constexpr auto kNone = std::string_view::npos;
    EXPECT_EQ(foreign_letter(""), kNone);
    EXPECT_EQ(foreign_letter("a = \"é\"  # é\nb = 'é'\nc = \"\"\"\né\"\"\"\n"), kNone);
    EXPECT_EQ(foreign_letter("\xEF\xBB\xBF"
                             "a = 1"),
              kNone);
    EXPECT_EQ(foreign_letter("é = 1"), 0U);
    EXPECT_EQ(foreign_letter("a = \"é\"\nb = é"), 13U);
    EXPECT_ERROR(parse_study("seed = 1\n[worlds.b.aҕ]\n", "s.toml"), "in line 2 of 's.toml'");
    EXPECT_ERROR(parse_study("temp = 1\u00a0\n", "s.toml"), "beyond ASCII in quotes");
}

TEST(BrokenTime, IsThatOfADateAsAValue) {
    constexpr auto kNone = std::string_view::npos;
    EXPECT_EQ(broken_time("seed = 2024-01-01T:00"), 17U);
    EXPECT_EQ(broken_time("seed = [1,\n2024-01-01tx]"), 21U);
    EXPECT_EQ(broken_time("a = 2024-01-01T00:00:00\nb = 2024-01-01\n"), kNone);
    EXPECT_EQ(broken_time("a = \"2024-01-01T:\"  # = 2024-01-01T:\n"), kNone);
    EXPECT_EQ(broken_time("2024-01-01Tx = 1\n"), kNone);  // a key
    EXPECT_EQ(broken_time("-01-01Tx\n= 1T"), kNone);
    EXPECT_ERROR(parse_study("temp = 1\nseed = 2206-11-26T\x06", "s.toml"),
                 "a date whose time is none in line 2 of 's.toml'");
}

TEST(KeyDepth, AStudyOfDeepKeysIsRefused) {
    const auto deep = repeated("a.", 50000) + "a";
    for (const auto& text :
         {deep + " = 1", "[" + deep + "]", "x = {" + deep + " = 1}", "worlds." + deep + " = []"}) {
        EXPECT_ERROR(parse_study(text, "s.toml"), "keys of at most 16 dots");
    }
    EXPECT_ERROR(parse_study(repeated("a.", 16) + "a = 1", "s.toml"),
                 "a key of a study");  // not too deep
    EXPECT_ERROR(parse_study("x = " + repeated("[", 50000), "s.toml"), "a study in TOML");
    EXPECT_ERROR(parse_study("x = " + repeated("{a = ", 50000), "s.toml"), "a study in TOML");
}

}  // namespace
}  // namespace otherwise
