#include "otherwise/study/lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(Lists, ReadBackTheSame) {
    std::mt19937_64 random(3);
    for (int n = 0; n < 50; ++n) {
        Tokens tokens;
        std::vector<double> values;
        for (int i = 0; i < n; ++i) {
            tokens.push_back(static_cast<Token>(random()));
            values.push_back(
                std::ldexp(static_cast<double>(random()), -static_cast<int>(random() % 200)));
        }
        EXPECT_EQ(read_token_list(write_list(tokens)), tokens);
        EXPECT_EQ(read_real_list(write_list(values)), values);
        const auto rounded = read_real_list(write_list(values, 9));
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_NEAR(rounded[i] / values[i], 1.0, 1e-8);
        }
    }
}

TEST(Lists, AreJson) {
    EXPECT_EQ(write_list(Tokens{}), "[]");
    EXPECT_EQ(write_list(Tokens{3, -1}), "[3,-1]");
    const double kInfinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(write_list(std::vector{0.1, 1.0, kInfinity}), "[0.1,1,null]");
    EXPECT_EQ(write_list(std::vector{1.0 / 3.0}, 3), "[0.333]");
    EXPECT_TRUE(std::isnan(read_real_list("[null]").at(0)));
}

TEST(Lists, BrokenOnesAreErrors) {
    for (const char* text : {"", "[", "1,2", "[1,]", "[,1]", "[1 2]", "[1.5]", "[x]", "[1],"}) {
        EXPECT_ERROR(read_token_list(text), "a list of numbers");
    }
    for (const char* text : {"[nul]", "[1,,2]", "[1e999999]", "[1;2]"}) {
        EXPECT_ERROR(read_real_list(text), "a list of numbers");
    }
}

}  // namespace
}  // namespace otherwise
