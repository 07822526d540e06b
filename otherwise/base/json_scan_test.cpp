#include "otherwise/base/json_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace otherwise {
namespace {

using End = std::optional<std::size_t>;

/// Where the value ends, whole and in pieces of every size.
End end_of(const std::string& text) {
    const auto whole = JsonScan().feed(text);
    for (std::size_t size = 1; size <= text.size(); ++size) {
        JsonScan scan;
        End end;
        for (std::size_t at = 0; at < text.size() && !end; at += size) {
            const auto piece = std::string_view(text).substr(at, size);
            if (const auto here = scan.feed(piece)) {
                end = at + *here;
            }
        }
        EXPECT_EQ(end, whole) << text << " by " << size;
    }
    return whole;
}

TEST(JsonScan, EndsAfterItsLastBracketOrQuote) {
    EXPECT_EQ(end_of("{}x"), End(2));
    EXPECT_EQ(end_of("[[1],{\"a\":[]}] ,"), End(14));
    EXPECT_EQ(end_of("\"a\"b"), End(3));
    EXPECT_EQ(end_of("\"\""), End(2));
}

TEST(JsonScan, BracketsAndQuotesWithinStringsDoNotCount) {
    EXPECT_EQ(end_of(R"({"a]}":"\"}"}!)"), End(13));
    EXPECT_EQ(end_of(R"(["\\"] )"), End(6));
    EXPECT_EQ(end_of(R"("\\\"" )"), End(6));
}

TEST(JsonScan, ANumberOrWordEndsBeforeWhatCannotBeOfIt) {
    EXPECT_EQ(end_of("12,3"), End(2));
    EXPECT_EQ(end_of("null]"), End(4));
    EXPECT_EQ(end_of("-1e5 "), End(4));
    EXPECT_EQ(end_of("1\n"), End(1));
    EXPECT_EQ(end_of("12"), End());  // more may come
}

TEST(JsonScan, ANewlineBreaksAStringOff) {
    EXPECT_EQ(end_of("{\"a\n\"}"), End(3));
    EXPECT_EQ(end_of("\"a\n"), End(2));
}

TEST(JsonScan, HasNoEndWithoutTheLastBracket) {
    EXPECT_EQ(end_of(""), End());
    EXPECT_EQ(end_of("{\"a\": ["), End());
    EXPECT_EQ(end_of("\"a\\"), End());
}

}  // namespace
}  // namespace otherwise
