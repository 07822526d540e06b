#include "otherwise/base/binomial.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "otherwise/base/log_gamma.h"

namespace otherwise {
namespace {

/// Where a term of Lentz's method would be 0.
constexpr double kTiny = 1e-300;
constexpr double kPrecise = 1e-15;
constexpr int kMostTerms = 100'000;

double away_from_zero(double value) { return std::abs(value) < kTiny ? kTiny : value; }

/// The fraction 1 / (1 + d₁ / (1 + d₂ / (1 + …))) of the incomplete beta function, which needs
/// about √max(a, b) terms for x < (a + 1) / (a + b + 2):
///   d_{2m+1} = −(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1))
///   d_{2m}   = m (b − m) x / ((a + 2m − 1)(a + 2m))
double fraction(double x, double a, double b) {
    double upper = 1.0;
    double lower = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    double value = lower;
    for (int i = 1; i < kMostTerms; ++i) {
        const double m = i;
        const double terms[] = {m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
                                -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))};
        double change = 1.0;
        for (const double term : terms) {
            upper = away_from_zero(1.0 + term / upper);
            lower = 1.0 / away_from_zero(1.0 + term * lower);
            change = upper * lower;
            value *= change;
        }
        if (std::abs(change - 1.0) < kPrecise) {
            break;
        }
    }
    return value;
}

}  // namespace

double beta_cdf(double x, double a, double b) {
    if (x <= 0.0 || x >= 1.0) {
        return x <= 0.0 ? 0.0 : 1.0;
    }
    const double log_front =
        log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x);
    if (x < (a + 1.0) / (a + b + 2.0)) {
        return std::exp(log_front) * fraction(x, a, b) / a;
    }
    return 1.0 - std::exp(log_front) * fraction(1.0 - x, b, a) / b;
}

double beta_quantile(double probability, double a, double b) {
    double low = 0.0;
    double high = 1.0;
    while (high - low > kPrecise * high) {
        const double middle = low + (high - low) / 2.0;
        if (middle <= low || middle >= high) {
            break;
        }
        (beta_cdf(middle, a, b) < probability ? low : high) = middle;
    }
    return high;
}

double student_bound(double confidence, double df) {
    // P(|T| > t) is I_x(df / 2, 1 / 2) at x = df / (df + t²).
    const double x = beta_quantile(1.0 - confidence, df / 2.0, 0.5);
    return std::sqrt(df * (1.0 - x) / x);
}

RateInterval clopper_pearson(double events, double trials, double confidence) {
    const double tail = (1.0 - confidence) / 2.0;
    const double others = trials - events;
    RateInterval interval;
    if (events > 0.0) {
        interval.low = beta_quantile(tail, events, others + 1.0);
    }
    if (others > 0.0) {
        interval.high = beta_quantile(1.0 - tail, events + 1.0, others);
    }
    return interval;
}

}  // namespace otherwise
