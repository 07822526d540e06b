#include "otherwise/base/megabytes.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

constexpr std::size_t kMany = (std::size_t{16} << 20U) + 5;

TEST(Megabytes, WhatIsNeededIsRoundedUpAndWhatIsThereDown) {
    EXPECT_EQ(needed_megabytes(kMany), "17 MB");
    EXPECT_EQ(given_megabytes(kMany), "16 MB");
    EXPECT_EQ(needed_megabytes(0), "1 MB");
    EXPECT_EQ(given_megabytes(0), "0 MB");
}

TEST(Megabytes, AreTwoToTheTwenty) { EXPECT_EQ(megabytes(std::size_t{3} << 19U), 1.5); }

}  // namespace
}  // namespace otherwise
