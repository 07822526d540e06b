#include "otherwise/measure/repetition.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(RepeatedShare, OfTokens) {
    EXPECT_EQ(repeated_share(Tokens{1, 2, 3, 4, 5, 6}), 0.0);
    EXPECT_EQ(repeated_share(Tokens{1, 1, 1, 1, 1}), 0.5);  // twice the same 4-gram
    EXPECT_DOUBLE_EQ(*repeated_share(Tokens{1, 2, 3, 4, 1, 2, 3, 4}), 0.2);  // 4 of 5 differ
    EXPECT_EQ(repeated_share(Tokens{1, 2, 3, 4}), 0.0);
    EXPECT_FALSE(repeated_share(Tokens{1, 2, 3}).has_value());
}

TEST(RepeatedShare, OfWords) {
    EXPECT_EQ(repeated_share("no, no, no, no,\n no, "), 0.5);
    EXPECT_EQ(repeated_share("one two three four five"), 0.0);
    EXPECT_FALSE(repeated_share("one two three").has_value());
    EXPECT_FALSE(repeated_share("").has_value());
}

}  // namespace
}  // namespace otherwise
