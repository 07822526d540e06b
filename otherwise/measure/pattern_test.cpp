#include "otherwise/measure/pattern.h"

#include <gmock/gmock.h>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(Pattern, MatchesAnywhere) {
    const Pattern pattern("--target", "(?i)koalas?");
    EXPECT_TRUE(pattern.matches("Two Koalas sleep."));
    EXPECT_FALSE(pattern.matches("Two bears sleep."));
    EXPECT_EQ(pattern.expression(), "(?i)koalas?");
    EXPECT_TRUE(Pattern("--target", "^caf.$").matches("caf\xC3\xA9"));  // a dot is a character
}

TEST(Pattern, FindsAllMatches) {
    const Pattern words("--target", "[a-z]+");
    EXPECT_THAT(words.find_all("one, two  three"), testing::ElementsAre("one", "two", "three"));
    EXPECT_THAT(words.find_all("12"), testing::IsEmpty());
    EXPECT_EQ(Pattern("--target", "x*").find_all("axa").size(), 4U);  // empty ones do not hang
}

TEST(Pattern, RefusesWhatIsNone) {
    EXPECT_ERROR(Pattern("--target", "(a"), "'(a' (missing )");
    EXPECT_ERROR(Pattern("--off-target", "*"), "--off-target REGEX");
    EXPECT_ERROR(Pattern("--target", R"((a)\1)"), R"(\1)");  // no back-references
}

TEST(Pattern, IsLinear) {
    // A backtracking matcher takes 2^40 steps here.
    const std::string text(40, 'a');
    EXPECT_FALSE(Pattern("--target", "(a*)*b").matches(text));
}

}  // namespace
}  // namespace otherwise
