#include "otherwise/base/number_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace otherwise {
namespace {

TEST(NumberList, NamesRunsByTheirEnds) {
    EXPECT_EQ(number_list(std::vector<int>{}), "");
    EXPECT_EQ(number_list(std::vector{3}), "3");
    EXPECT_EQ(number_list(std::vector{3, 4}), "3-4");
    EXPECT_EQ(number_list(std::vector{3, 4, 5, 6, 7}), "3-7");
    EXPECT_EQ(number_list(std::vector{3, 5, 7}), "3,5,7");
}

}  // namespace
}  // namespace otherwise
