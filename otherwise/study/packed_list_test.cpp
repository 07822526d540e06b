#include "otherwise/study/packed_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "otherwise/study/lists.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Bit for bit; NaN is NaN.
void expect_same(const std::vector<double>& a, const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) << i << " " << a[i];
    }
}

TEST(PackedList, TokensComeBack) {
    const Tokens tokens{0, 1, 127, 128, 16'383, 16'384, 49'151, 2'147'483'647};
    const auto bytes = pack_tokens(tokens);
    EXPECT_EQ(bytes.size(), 1U + 3 + 2 * 2 + 2 * 3 + 5);
    EXPECT_EQ(unpack_tokens(bytes), tokens);
    EXPECT_EQ(read_token_list(bytes), tokens);
    EXPECT_EQ(read_token_list(write_list(tokens)), tokens);
    EXPECT_TRUE(unpack_tokens(pack_tokens({})).empty());
}

TEST(PackedList, AllDigitsComeBack) {
    std::mt19937_64 source(5);
    std::vector<double> values{0.0, 1.0, kNaN, 0.1, 1e-300, 5e-324, -2.5, 1.7e308};
    for (int i = 0; i < 1000; ++i) {
        values.push_back(std::generate_canonical<double, 53>(source));
    }
    expect_same(unpack_reals(pack_reals(values)), values);
    expect_same(read_real_list(pack_reals(values)), values);
    values.erase(values.begin() + 2);
    const auto plain = pack_reals(values);
    EXPECT_EQ(plain.size(), 1 + 8 * values.size());
    expect_same(unpack_reals(plain), values);
    EXPECT_EQ(pack_reals(std::vector<double>(25, 1.0)).size(), 26U);
    EXPECT_EQ(pack_reals(std::vector{kNaN, std::numeric_limits<double>::infinity()}),
              pack_reals(std::vector{kNaN, kNaN}));
}

TEST(PackedList, NineDigitsAreThoseOfTheText) {
    std::mt19937_64 source(6);
    std::vector<double> values{0.0,    1.0,   kNaN,  0.9999999999, 1e-9,   1.5e-250,
                               1e-300, 0.25,  123.4, 1e9,          5e12,   -0.125,
                               3e-14,  1e-22, 1e-5,  1e-23,        4.2e-31};
    for (int i = 0; i < 20'000; ++i) {
        const double unit = std::generate_canonical<double, 53>(source);
        values.push_back(std::pow(unit, 1 + i % 40));
    }
    const auto packed = pack_reals(values, true);
    expect_same(unpack_reals(packed), read_real_list(write_list(values, 9)));
    EXPECT_LE(packed.size(), 1 + 5 * values.size() + 100);
}

TEST(PackedList, WhatTokensBecome) {
    const std::vector<Becomes> becomes{
        {.position = 0, .tokens = {{49'000, 0.75}, {3, 0.001}, {4, 0.00099}}},
        {.position = 300, .tokens = {}},
        {.position = 301, .tokens = {{7, 1.0}, {8, 0.0123412}, {9, 0.0999951}}}};
    const auto packed = pack_becomes(becomes);
    EXPECT_EQ(list_json(packed),
              "[[0,[[49000,0.75],[3,0.001]]],[300,[]],[301,[[7,1],[8,0.01234],[9,0.1]]]]");
    const auto read = unpack_becomes(packed);
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(read[2].tokens[1].second, 0.01234);
    EXPECT_EQ(becomes_text(read), becomes_text(becomes));
}

TEST(PackedList, AsJson) {
    EXPECT_EQ(list_json(pack_tokens(Tokens{1, 200})), "[1,200]");
    EXPECT_EQ(list_json(pack_reals(std::vector{0.5, kNaN, 1.0})), "[0.5,null,1]");
    EXPECT_EQ(list_json("[1, 2]"), "[1, 2]");
    EXPECT_EQ(list_json(""), "");
}

TEST(PackedList, RefusesWhatIsNone) {
    const auto tokens = pack_tokens(Tokens{300});
    EXPECT_ERROR(unpack_tokens(tokens.substr(0, 2)), "a list of tokens");
    EXPECT_ERROR(unpack_tokens("\x01\xff\xff\xff\xff\xff"), "a list of tokens");
    EXPECT_ERROR(unpack_tokens("\x01\xff\xff\xff\xff\x0f"), "a list of tokens");
    EXPECT_ERROR(unpack_reals(tokens), "a list of numbers");
    EXPECT_ERROR(unpack_reals("\x03\x09\x01"), "a list of numbers");
    EXPECT_ERROR(unpack_becomes("\x04\x01\x7f\x01"), "what tokens become");
    EXPECT_ERROR(read_token_list("\x07"), "a list of tokens");
    EXPECT_ERROR(read_real_list("7"), "a list of numbers");
}

}  // namespace
}  // namespace otherwise
