#include "otherwise/noise/elementary.h"

#include <bit>
#include <cfloat>
#include <cstdint>
#include <limits>
#include <numbers>

static_assert(
    std::numeric_limits<double>::is_iec559 && FLT_EVAL_METHOD == 0,
    "the noise needs IEEE doubles without excess precision (on x86: -msse2 -mfpmath=sse)");
#ifdef __FAST_MATH__
#error "the noise needs IEEE arithmetic: no -ffast-math"
#endif

namespace otherwise::elementary {
namespace {

// log 2 as a sum: the first 42 bits, so that products with exponents are exact, and the rest.
constexpr double kLn2High = 0x1.62e42fefa38p-1;  // NOLINT(modernize-use-std-numbers): a part
constexpr double kLn2Low = 0x1.ef35793c7673p-45;

/// 2/3 z + 2/5 z² + … + 2/23 z¹¹, in pairs, so that fewer steps wait for each other.
double log_series(double z) noexcept {
    const double z2 = z * z;
    const double z4 = z2 * z2;
    const double a = (2.0 / 3.0 + z * (2.0 / 5.0)) + z2 * (2.0 / 7.0 + z * (2.0 / 9.0));
    const double b = (2.0 / 11.0 + z * (2.0 / 13.0)) + z2 * (2.0 / 15.0 + z * (2.0 / 17.0));
    const double c = (2.0 / 19.0 + z * (2.0 / 21.0)) + z2 * (2.0 / 23.0);
    return z * (a + z4 * (b + z4 * c));
}

/// r²/2! + r³/3! + … + r¹⁴/14!, in pairs too.
double exp_series(double r) noexcept {
    const double r2 = r * r;
    const double r4 = r2 * r2;
    const double a = (1.0 / 2.0 + r * (1.0 / 6.0)) + r2 * (1.0 / 24.0 + r * (1.0 / 120.0));
    const double b =
        (1.0 / 720.0 + r * (1.0 / 5040.0)) + r2 * (1.0 / 40320.0 + r * (1.0 / 362880.0));
    const double c = (1.0 / 3628800.0 + r * (1.0 / 39916800.0)) +
                     r2 * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0));
    return r2 * (a + r4 * (b + r4 * (c + r4 * (1.0 / 87178291200.0))));
}

/// e log 2 + log(1 + f).
double log_of_parts(double e, double f) noexcept {
    // 2 + f as d_high, a multiple of 2^-24, and d_low, both exact.
    constexpr double kCut = 0x1.8p28;  // its ulp is 2^-24
    const double f_high = (f + kCut) - kCut;
    const double d_high = 2.0 + f_high;
    const double d_low = f - f_high;
    // s = s_high + s_low: 24 bits, so that s_high · d_high is exact, and what they leave of f.
    const double inverse = 1.0 / (2.0 + f);
    const auto s_high = static_cast<double>(static_cast<float>(f * inverse));
    const double s_low = ((f - s_high * d_high) - s_high * d_low) * inverse;
    const double s = s_high + s_low;
    const double tail = 2.0 * s_low + s * log_series(s * s);
    if (e == 0.0) {
        return 2.0 * s_high + tail;
    }
    const double whole = e * kLn2High;  // larger than 2 s, so the next sum loses just `lost`
    const double high = whole + 2.0 * s_high;
    const double lost = (whole - high) + 2.0 * s_high;
    return high + (lost + (tail + e * kLn2Low));
}

}  // namespace

double log(double x) noexcept {
    constexpr std::uint64_t kRootHalf = 0x3fe6a09e00000000U;  // bits of about √½
    constexpr int kMantissa = 52;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto e = static_cast<std::int64_t>(bits - kRootHalf) >> kMantissa;
    const auto scaled = bits - (static_cast<std::uint64_t>(e) << kMantissa);  // of x 2^-e ≥ √½
    return log_of_parts(static_cast<double>(e), std::bit_cast<double>(scaled) - 1.0);
}

double minus_log1m(double v) noexcept {
    constexpr double kOneLessRootHalf = 0.2929;
    if (v < kOneLessRootHalf) {
        return -log_of_parts(0.0, -v);
    }
    // 1 − v is exact from 1/2 on, 2 (1 − v) − 1 below.
    return v < 0.5 ? -log_of_parts(-1.0, 1.0 - 2.0 * v) : -log(1.0 - v);
}

double exp(double x) noexcept {
    constexpr double kLeast = -708.0;
    constexpr double kMost = 709.0;
    if (!(x >= kLeast)) {
        return 0.0;
    }
    if (x > kMost) {
        return std::numeric_limits<double>::infinity();
    }
    const auto k = static_cast<std::int64_t>(x * std::numbers::log2e + (x < 0.0 ? -0.5 : 0.5));
    const auto steps = static_cast<double>(k);
    // r and what its rounding lost; x − k log 2 is exact in the high part.
    const double high = x - steps * kLn2High;
    const double low = steps * kLn2Low;
    const double r = high - low;
    const double lost = (high - r) - low;
    const double value = 1.0 + (r + (lost + exp_series(r)));
    constexpr std::int64_t kBias = 1023;
    constexpr int kMantissa = 52;
    return value * std::bit_cast<double>(static_cast<std::uint64_t>(k + kBias) << kMantissa);
}

}  // namespace otherwise::elementary
