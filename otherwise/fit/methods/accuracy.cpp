#include "otherwise/fit/methods/accuracy.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "otherwise/base/binomial.h"

namespace otherwise {
namespace {

double rate_of(const SetAccuracy& set) {
    return static_cast<double>(set.right) / static_cast<double>(set.n);
}

/// √(Σ (limit − p)²) / K of the lower or the upper limits.
double distance(const Accuracy& accuracy, double confidence, double RateInterval::*limit) {
    double squares = 0.0;
    for (const auto& set : accuracy.sets) {
        const auto interval =
            clopper_pearson(static_cast<double>(set.right), static_cast<double>(set.n), confidence);
        const double away = interval.*limit - rate_of(set);
        squares += away * away;
    }
    return std::sqrt(squares) / static_cast<double>(accuracy.sets.size());
}

}  // namespace

void Accuracy::count(std::size_t set, bool is_right) {
    ++sets[set].n;
    sets[set].right += is_right ? 1 : 0;
}

long Accuracy::n() const {
    long all = 0;
    for (const auto& set : sets) {
        if (set.n == 0) {
            return 0;
        }
        all += set.n;
    }
    return all;
}

double Accuracy::rate() const {
    if (n() == 0) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    double sum = 0.0;
    for (const auto& set : sets) {
        sum += rate_of(set);
    }
    return sum / static_cast<double>(sets.size());
}

double Accuracy::low(double confidence) const {
    return n() == 0 ? 0.0 : std::max(0.0, rate() - distance(*this, confidence, &RateInterval::low));
}

double Accuracy::high(double confidence) const {
    return n() == 0 ? 1.0
                    : std::min(1.0, rate() + distance(*this, confidence, &RateInterval::high));
}

std::string describe(const Accuracy& accuracy) {
    if (accuracy.n() == 0) {
        return "not measured: too few texts are held out";
    }
    return fmt::format("{:.3f} [{:.3f}, {:.3f}] of {} texts", accuracy.rate(), accuracy.low(),
                       accuracy.high(), accuracy.n());
}

}  // namespace otherwise
