#include "otherwise/generate/law_budget.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(LawBudget, IsHeldUntilReleased) {
    EXPECT_EQ(law_bytes(3, 10), 3U * 10U * sizeof(float));
    LawBudget laws(100);
    laws.hold(0, 60);
    EXPECT_TRUE(laws.has_room(40));
    EXPECT_FALSE(laws.has_room(41));
    laws.release(1);  // it holds none
    EXPECT_FALSE(laws.has_room(41));
    laws.release(0);
    EXPECT_TRUE(laws.has_room(41));
}

TEST(LawBudget, LetsALargeStringThroughByItself) {
    LawBudget laws(100);
    EXPECT_TRUE(laws.has_room(1000));
    laws.hold(0, 1000);
    EXPECT_FALSE(laws.has_room(1));
    LawBudget free(0);
    free.hold(0, 1000);
    EXPECT_TRUE(free.has_room(1000));
}

}  // namespace
}  // namespace otherwise
