#include "otherwise/noise/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "tests/support/golden.h"

namespace otherwise {
namespace {

using Random = std::mt19937_64;
using Function = double (*)(double);
using Reference = long double (*)(long double);

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMany = 300000;

// The references have at least eleven bits more than double.
static_assert(std::numeric_limits<long double>::digits >= 64);
long double true_log(long double x) { return std::log(x); }
long double true_exp(long double x) { return std::exp(x); }
long double true_log1m(long double v) { return -std::log1p(-v); }

/// Error of `y` in its own units in the last place.
double ulps(double y, long double reference) {
    const double size = std::abs(y);
    const double ulp = std::nextafter(size, kInfinity) - size;
    return static_cast<double>(std::abs(static_cast<long double>(y) - reference) /
                               static_cast<long double>(ulp));
}

/// A double of any magnitude between 2^low and 2^high.
double any_magnitude(int low, int high, Random& random) {
    std::uniform_real_distribution<double> mantissa(1.0, 2.0);
    std::uniform_int_distribution<int> exponent(low, high - 1);
    return std::ldexp(mantissa(random), exponent(random));
}

double uniform(double low, double high, Random& random) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

/// What a clock is made of: near 0, near 1, anywhere.
double any_uniform(int i, Random& random) {
    switch (i % 3) {
        case 0:
            return any_magnitude(-65, 0, random);
        case 1:
            return 1.0 - any_magnitude(-53, 0, random);
        default:
            return uniform(0.0, 1.0, random);
    }
}

TEST(Elementary, LogIsWithinItsBound) {
    Random random(1);
    double worst = 0.0;
    for (int i = 0; i < kMany; ++i) {
        const double x =
            i % 2 == 0 ? any_magnitude(-1022, 1023, random) : uniform(0.5, 2.0, random);
        worst = std::max(worst, ulps(elementary::log(x), true_log(x)));
    }
    EXPECT_LE(worst, 0.55);
    EXPECT_GT(worst, 0.45);  // the measure sees roundings
    EXPECT_EQ(elementary::log(1.0), 0.0);
}

TEST(Elementary, MinusLog1mIsWithinItsBound) {
    Random random(2);
    double worst = 0.0;
    for (int i = 0; i < kMany; ++i) {
        const double v = any_uniform(i, random);
        worst = std::max(worst, ulps(elementary::minus_log1m(v), true_log1m(v)));
    }
    EXPECT_LE(worst, 0.55);
    EXPECT_EQ(elementary::minus_log1m(0.0), 0.0);
    EXPECT_EQ(elementary::minus_log1m(0x1p-65), 0x1p-65);
    EXPECT_EQ(elementary::minus_log1m(1.0 - 0x1p-53), -elementary::log(0x1p-53));
}

TEST(Elementary, ExpIsWithinItsBound) {
    Random random(3);
    double worst = 0.0;
    for (int i = 0; i < kMany; ++i) {
        const double x = i % 2 == 0 ? uniform(-708.0, 709.0, random) : uniform(-2.0, 2.0, random);
        worst = std::max(worst, ulps(elementary::exp(x), true_exp(x)));
    }
    EXPECT_LE(worst, 0.95);
    EXPECT_EQ(elementary::exp(0.0), 1.0);
    EXPECT_EQ(elementary::exp(-708.0001), 0.0);
    EXPECT_EQ(elementary::exp(-kInfinity), 0.0);
    EXPECT_EQ(elementary::exp(709.0001), kInfinity);
    EXPECT_EQ(elementary::exp(kInfinity), kInfinity);
}

/// How often `f` falls from x to the next double.
template <typename Draw>
int falls(Function f, const Draw& draw) {
    int count = 0;
    for (int i = 0; i < kMany; ++i) {
        const double x = draw(i);
        count += f(x) > f(std::nextafter(x, kInfinity)) ? 1 : 0;
    }
    return count;
}

TEST(Elementary, LogarithmsNeverDecrease) {
    Random random(4);
    const auto any = [&](int i) {
        return i % 2 == 0 ? any_magnitude(-100, 900, random) : uniform(0.5, 2.0, random);
    };
    const auto near_root = [&](int) {  // where the exponent changes
        return uniform(0x1.6a09p-1, 0x1.6a0ap-1, random);
    };
    EXPECT_EQ(falls(elementary::log, any), 0);
    EXPECT_EQ(falls(elementary::log, near_root), 0);
    EXPECT_EQ(falls(elementary::minus_log1m,
                    [&](int i) { return std::min(any_uniform(i, random), 1.0 - 0x1p-52); }),
              0);
    for (const double border : {0.2929, 0.5}) {
        const double below = std::nextafter(border, 0.0);
        EXPECT_LE(elementary::minus_log1m(below), elementary::minus_log1m(border));
    }
    // Control: a logarithm of single precision, put together from parts, falls.
    const auto rough = [](double x) {
        return static_cast<double>(std::log(static_cast<float>(x))) +
               1e-9 * (1.0 - std::fmod(x * 1e9, 1.0));
    };
    EXPECT_GT(falls(rough, any), 1000);
}

TEST(Elementary, MinusLog1mIsAtLeastItsArgument) {
    Random random(5);
    for (int i = 0; i < kMany; ++i) {
        const double v = any_uniform(i, random);
        ASSERT_GE(elementary::minus_log1m(v), v);
    }
}

TEST(Elementary, HasItsGoldenBits) {
    const auto golden = test::golden()["elementary"];
    const std::pair<const char*, Function> functions[] = {{"log", elementary::log},
                                                          {"minus_log1m", elementary::minus_log1m},
                                                          {"exp", elementary::exp}};
    for (const auto& [name, function] : functions) {
        ASSERT_GE(golden[name].size(), 200U);
        for (const auto& pair : golden[name]) {
            EXPECT_EQ(std::bit_cast<std::uint64_t>(function(test::exactly(pair[0]))),
                      std::bit_cast<std::uint64_t>(test::exactly(pair[1])))
                << name << " " << pair[0];
        }
    }
}

TEST(Elementary, HasItsGoldenBitsOfMany) {
    const auto golden = test::golden()["digests"];
    test::Digest logs;
    test::Digest logs_1m;
    test::Digest exps;
    std::uint64_t state = 0;
    for (int i = 0; i < golden["count"].get<int>(); ++i) {
        state = state * test::Digest::kMultiplier + 1442695040888963407U;
        const double u = static_cast<double>(state >> 11) * 0x1p-53;
        logs.add(elementary::log(0.5 + u));
        logs_1m.add(elementary::minus_log1m(u));
        exps.add(elementary::exp(-20.0 * u));
    }
    EXPECT_EQ(logs.value(), golden["log"].get<std::uint64_t>());
    EXPECT_EQ(logs_1m.value(), golden["minus_log1m"].get<std::uint64_t>());
    EXPECT_EQ(exps.value(), golden["exp"].get<std::uint64_t>());
}

}  // namespace
}  // namespace otherwise
