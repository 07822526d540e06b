#include "otherwise/page/pieces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

using ::testing::ElementsAre;

const std::string kBad = "\xEF\xBF\xBD";  // U+FFFD

std::vector<std::string> whole(const std::vector<std::string>& pieces) {
    return whole_characters(pieces);
}

TEST(Pieces, ACharacterBelongsToTheTokenThatCompletesIt) {
    EXPECT_THAT(whole({"a \xF0\x9F", "\xA6", "\x8A b"}),
                ElementsAre("a ", "", "\xF0\x9F\xA6\x8A b"));
    EXPECT_THAT(whole({"\xC3", "\xA9"}), ElementsAre("", "\xC3\xA9"));
}

TEST(Pieces, WholeCharactersStayWhereTheyAre) {
    EXPECT_THAT(whole({"\xC3\xA9", "", " x"}), ElementsAre("\xC3\xA9", "", " x"));
}

TEST(Pieces, WhatIsNoCharacterIsReplaced) {
    EXPECT_THAT(whole({"\xFF", "a"}), ElementsAre(kBad, "a"));
    EXPECT_THAT(whole({"a", "\xF0\x9F"}), ElementsAre("a", kBad + kBad));
}

TEST(Pieces, TogetherTheyAreTheText) {
    const std::string text = "na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\xA6\x8A end";
    for (std::size_t step = 1; step < 6; ++step) {
        std::vector<std::string> pieces;
        for (std::size_t at = 0; at < text.size(); at += step) {
            pieces.push_back(text.substr(at, step));
        }
        std::string joined;
        for (const auto& piece : whole(pieces)) {
            EXPECT_TRUE(is_utf8(piece));
            joined += piece;
        }
        EXPECT_EQ(joined, text);
    }
}

}  // namespace
}  // namespace otherwise
