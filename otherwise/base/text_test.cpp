#include "otherwise/base/text.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace otherwise {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

TEST(Utf8, WellFormed) {
    for (const std::string text :
         {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
        EXPECT_EQ(to_utf8(text), text);
    }
    EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(Utf8, HostileSequences) {
    for (const std::string text : {
             "\x80",
             "\xBF",
             "\xFE",
             "\xFF",  // never a first byte
             "\xC0\x80",
             "\xC1\xBF",  // overlong, two bytes
             "\xE0\x80\x80",
             "\xE0\x9F\xBF",  // overlong, three
             "\xF0\x80\x80\x80",
             "\xF0\x8F\xBF\xBF",  // overlong, four
             "\xED\xA0\x80",
             "\xED\xBF\xBF",  // surrogates
             "\xF4\x90\x80\x80",
             "\xF5\x80\x80\x80",  // beyond U+10FFFF
             "\xC2",
             "\xE2\x82",
             "\xF0\x9F\x98",  // cut off
             "\xC2 ",
             "\xE2\x82 ",
             "\xF0\x9F\x98 ",  // interrupted
         }) {
        EXPECT_FALSE(is_utf8(text));
        EXPECT_FALSE(is_utf8("ok" + text + "ok"));
        EXPECT_TRUE(is_utf8(to_utf8(text)));
        EXPECT_NE(to_utf8(text).find(kBad), std::string::npos);
    }
}

TEST(Utf8, RepairKeepsWhatIsGood) {
    EXPECT_EQ(to_utf8("a\xFFz"), "a" + kBad + "z");
    EXPECT_EQ(to_utf8("\xC3\xA9\xE2\x82"), "\xC3\xA9" + kBad + kBad);
    EXPECT_EQ(to_utf8("\xE2\x28\xA1"), kBad + "(" + kBad);
}

TEST(Utf8, RepairOfAnyBytesIsWellFormedAndIdempotent) {
    std::mt19937 random(1);
    for (int turn = 0; turn < 2000; ++turn) {
        std::string text;
        for (auto i = random() % 12; i > 0; --i) {
            text += static_cast<char>(random() % 3 == 0 ? random() % 128 : 128 + random() % 128);
        }
        const auto clean = to_utf8(text);
        ASSERT_TRUE(is_utf8(clean));
        ASSERT_EQ(to_utf8(clean), clean);
        ASSERT_EQ(is_utf8(text), clean == text);
    }
}

TEST(NearestName, FindsTyposAndLeavesTheRest) {
    const std::vector<std::string> known{"steer", "lora", "prefix", "suffix", "temp"};
    EXPECT_EQ(nearest_name("ster", known), "steer");
    EXPECT_EQ(nearest_name("perfix", known), "prefix");
    EXPECT_EQ(nearest_name("temp", known), "temp");
    EXPECT_EQ(nearest_name("quantize", known), "");
    EXPECT_EQ(nearest_name("", known), "");
    EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace otherwise
