#include "otherwise/noise/field.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "otherwise/noise/test_help.h"

namespace otherwise {
namespace {

constexpr Place kPlace{.seed = 0x0123456789abcdefULL, .string = 42, .sample = 1, .position = 7};

// Made by this code at its first release; a change here changes every published string.
TEST(Field, KeepsItsBits) {
    const Clocks clocks(kPlace);
    const std::uint64_t first = clocks.bits(0);
    EXPECT_EQ(first, 0x671d57d5979e3c41ULL);
    EXPECT_EQ(clocks.bits(5), 0x016a5c6bc3f59136ULL);
    EXPECT_EQ(clocks.bits(151935), 0x8ae919c4430ed756ULL);
    EXPECT_DOUBLE_EQ(clocks.winning_time(), 0.6205099233335164);
}

TEST(Field, FollowsItsDefinition) {
    const Clocks clocks(kPlace);
    const PhiloxCounter stage = philox({42, 0, 1, 7}, {0x89abcdefU, 0x01234567U});
    const PhiloxKey key{stage[0], stage[1]};
    for (const Token token : {0, 1, 2, 3, 4, 1000, 151935, 2147483647}) {
        const auto k = static_cast<std::uint32_t>(token);
        const std::uint64_t high = philox({k / 4, 0, stage[2], stage[3]}, key)[k % 4];
        const std::uint64_t low = philox({k / 4, 1, stage[2], stage[3]}, key)[k % 4];
        EXPECT_EQ(clocks.bits(token), (high << 32) | low);
    }
    const PhiloxCounter time = philox({0, 2, stage[2], stage[3]}, key);
    EXPECT_EQ(clocks.winning_time(),
              clock_of_bits((std::uint64_t{time[0]} << 32) | std::uint64_t{time[1]}));
}

TEST(Field, ClocksArePositiveFiniteAndAtLeastTheirUniform) {
    EXPECT_EQ(clock_of_bits(0), 0x1p-65);
    EXPECT_TRUE(std::isfinite(clock_of_bits(~std::uint64_t{0})));
    EXPECT_NEAR(clock_of_bits(~std::uint64_t{0}), 53 * std::log(2.0), 1e-9);
    EXPECT_NEAR(clock_of_bits(std::uint64_t{1} << 63), std::log(2.0), 1e-15);
    const Clocks clocks(kPlace);
    for (Token k = 0; k < 100000; ++k) {
        const auto high = static_cast<double>(clocks.bits(k) >> 32);
        ASSERT_GE(clocks.clock(k), high * 0x1p-32);
    }
}

TEST(Field, NeighboursDiffer) {
    std::vector<Place> places(1, kPlace);
    for (unsigned bit = 0; bit < 64; ++bit) {
        places.push_back(kPlace);
        places.back().seed ^= std::uint64_t{1} << bit;
        places.push_back(kPlace);
        places.back().string ^= std::uint64_t{1} << bit;
    }
    for (unsigned bit = 0; bit < 32; ++bit) {
        places.push_back(kPlace);
        places.back().sample ^= 1U << bit;
        places.push_back(kPlace);
        places.back().position ^= 1U << bit;
    }
    std::set<std::uint64_t> bits;
    std::set<double> times;
    for (const Place& place : places) {
        const Clocks clocks(place);
        times.insert(clocks.winning_time());
        for (Token k = 0; k < 8; ++k) {
            bits.insert(clocks.bits(k));
        }
    }
    EXPECT_EQ(bits.size(), 8 * places.size());
    EXPECT_EQ(times.size(), places.size());
}

TEST(Field, LanesAreApart) {
    // Upper half, lower half and winning time of token 0 share a counter but for the lane. Over
    // 20,000 places the bits that agree are binomial: 5.5 deviations, false alarm 4e-8 each.
    constexpr int kPlaces = 20000;
    int upper_lower = 0;
    int clock_time = 0;
    for (std::uint32_t t = 0; t < kPlaces; ++t) {
        const Clocks clocks(Place{.seed = 9, .position = t});
        const std::uint64_t bits = clocks.bits(0);
        const auto high = static_cast<std::uint32_t>(bits >> 32);
        const auto low = static_cast<std::uint32_t>(bits);
        upper_lower += std::popcount(high ^ low);
        clock_time += (clocks.clock(0) < std::log(2.0)) == (clocks.winning_time() < std::log(2.0));
    }
    EXPECT_NEAR(upper_lower, kPlaces * 16, 5.5 * std::sqrt(kPlaces * 32 * 0.25));
    EXPECT_NEAR(clock_time, kPlaces / 2, 5.5 * std::sqrt(kPlaces * 0.25));
}

TEST(Field, UpperHalvesMatchTheScalarField) {
    const Clocks clocks(kPlace);
    for (const std::size_t n : {1U, 3U, 31U, 32U, 33U, 1000U, 50257U}) {
        std::vector<std::uint32_t> halves(n + 1, 77);
        upper_halves(clocks, std::span(halves).first(n));
        for (std::size_t k = 0; k < n; ++k) {
            ASSERT_EQ(halves[k], clocks.bits(static_cast<Token>(k)) >> 32) << k;
        }
        EXPECT_EQ(halves[n], 77U) << "wrote past the end";
    }
}

// False alarm 1e-6 each.
TEST(Field, ClocksAreExponential) {
    std::vector<double> over_tokens;
    std::vector<double> over_positions;
    std::vector<double> times;
    std::vector<double> too_slow;
    const Clocks clocks(kPlace);
    for (std::uint32_t i = 0; i < 1000000; ++i) {
        over_tokens.push_back(clocks.clock(static_cast<Token>(i)));
        const Clocks there(Place{.seed = 5, .position = i});
        over_positions.push_back(there.clock(11));
        times.push_back(there.winning_time());
        too_slow.push_back(1.01 * over_tokens.back());
    }
    EXPECT_LT(test::kolmogorov_exponential(over_tokens), test::kKolmogorovLimit);
    EXPECT_LT(test::kolmogorov_exponential(over_positions), test::kKolmogorovLimit);
    EXPECT_LT(test::kolmogorov_exponential(times), test::kKolmogorovLimit);
    // Control: clocks one percent too slow are rejected.
    EXPECT_GT(test::kolmogorov_exponential(too_slow), test::kKolmogorovLimit);
}

TEST(ClockRow, HoldsTheClocks) {
    const Clocks clocks(Place{.seed = 4, .string = 5, .sample = 6, .position = 7});
    for (const std::size_t n : {0U, 1U, 3U, 4U, 5U, 1003U}) {
        std::vector<double> row(n);
        clock_row(clocks, row);
        for (std::size_t k = 0; k < n; ++k) {
            ASSERT_EQ(row[k], clocks.clock(static_cast<Token>(k))) << k;
        }
    }
}

}  // namespace
}  // namespace otherwise
