#include "otherwise/page/shown_numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otherwise {
namespace {

TEST(ShownNumbers, WholeNumbersHaveThinSpaces) {
    EXPECT_EQ(whole(0), "0");
    EXPECT_EQ(whole(999), "999");
    EXPECT_EQ(whole(25000), "25\u202F000");
    EXPECT_EQ(whole(1234567), "1\u202F234\u202F567");
    EXPECT_EQ(whole(-123), "-123");
    EXPECT_EQ(whole(-1234), "-1\u202F234");
}

TEST(ShownNumbers, Percentages) {
    EXPECT_EQ(percent(0.0), "0 %");
    EXPECT_EQ(percent(1.0), "100 %");
    EXPECT_EQ(percent(0.6), "60 %");
    EXPECT_EQ(percent(0.225), "23 %");  // as in the tables
    EXPECT_EQ(percent(0.0425), "4.3 %");
    EXPECT_EQ(percent(0.04), "4 %");
    EXPECT_EQ(percent(0.0001), "less than 0.1 %");
    EXPECT_EQ(percent(0.996), "99.6 %");
    EXPECT_EQ(percent(0.9999), "more than 99.9 %");
    EXPECT_EQ(percent(-0.063), "−6.3 %");
    EXPECT_EQ(percent(std::nan("")), "–");
}

TEST(ShownNumbers, BesideOthersHaveDigitsThatCount) {
    EXPECT_EQ(plain(-1.25, 1), "−1.3");
    EXPECT_EQ(plain(2.0, 3), "2");
    EXPECT_EQ(plain(-0.001, 2), "0");
    EXPECT_EQ(brief(0.004), "0.004");
    EXPECT_EQ(brief(0.125), "0.13");
    EXPECT_EQ(brief(12.34), "12.3");
    EXPECT_EQ(brief(123.4), "123");
    EXPECT_EQ(fine(0.0004), "0.04 %");
    EXPECT_EQ(fine(1e-9), "0 %");
    EXPECT_EQ(counted(1, "pair"), "1 pair");
    EXPECT_EQ(counted(2000, "pair"), "2\u202F000 pairs");
    EXPECT_EQ(between({0.52, 0.68}), " (52 % to 68 %)");
    EXPECT_EQ(between({0.5, 0.5}), "");
    EXPECT_EQ(between({}), "");
}

}  // namespace
}  // namespace otherwise
