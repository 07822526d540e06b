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

TEST(NumberList, ReadsRanges) {
    EXPECT_EQ(read_number_range("3"), (NumberRange{.first = 3, .last = 3}));
    EXPECT_EQ(read_number_range("3-7"), (NumberRange{.first = 3, .last = 7}));
    EXPECT_EQ(read_number_range("3-"), (NumberRange{.first = 3, .last = -1}));
    EXPECT_EQ(read_number_range("-7"), (NumberRange{.first = -1, .last = 7}));
    EXPECT_EQ(read_number_range("7-3"), (NumberRange{.first = 7, .last = 3}));
    EXPECT_FALSE(NumberRange({.first = 3}).closed());
    for (const char* text :
         {"", "-", "--3", "3--7", "x", "3x", "+3", " 3", "3-7-9", "3,5", "99999999999", "3.5"}) {
        EXPECT_FALSE(read_number_range(text)) << text;
    }
}

TEST(NumberList, ReadsListsOfRanges) {
    const auto ranges = read_number_ranges("3,5-7");
    ASSERT_TRUE(ranges);
    EXPECT_EQ(*ranges,
              (std::vector<NumberRange>{{.first = 3, .last = 3}, {.first = 5, .last = 7}}));
    EXPECT_TRUE(read_number_ranges("3"));
    for (const char* text : {"", ",", "3,", ",3", "3,,5", "3;5"}) {
        EXPECT_FALSE(read_number_ranges(text)) << text;
    }
}

}  // namespace
}  // namespace otherwise
