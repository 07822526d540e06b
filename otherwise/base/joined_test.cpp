#include "otherwise/base/joined.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

TEST(Joined, HasCommasBetween) {
    EXPECT_EQ(joined({}), "");
    EXPECT_EQ(joined({"a"}), "a");
    EXPECT_EQ(joined({"a", "b c", ""}), "a, b c, ");
}

}  // namespace
}  // namespace otherwise
