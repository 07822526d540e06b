#include "otherwise/fit/accuracy.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>

namespace otherwise {
namespace {

constexpr double kZ = 1.959963984540054;

struct Wilson {
    double middle;
    double half;
};

Wilson wilson(const Accuracy& accuracy) {
    const auto n = static_cast<double>(accuracy.n);
    const double p = accuracy.rate();
    const double scale = 1.0 + kZ * kZ / n;
    return {.middle = (p + kZ * kZ / (2.0 * n)) / scale,
            .half = kZ * std::sqrt(p * (1.0 - p) / n + kZ * kZ / (4.0 * n * n)) / scale};
}

}  // namespace

double Accuracy::rate() const {
    return n == 0 ? std::numeric_limits<double>::quiet_NaN()
                  : static_cast<double>(right) / static_cast<double>(n);
}

double Accuracy::low() const { return n == 0 ? 0.0 : wilson(*this).middle - wilson(*this).half; }

double Accuracy::high() const { return n == 0 ? 1.0 : wilson(*this).middle + wilson(*this).half; }

void Accuracy::count(bool is_right) {
    ++n;
    right += is_right ? 1 : 0;
}

std::string describe(const Accuracy& accuracy) {
    if (accuracy.n == 0) {
        return "not measured: too few texts are held out";
    }
    return fmt::format("{:.3f} [{:.3f}, {:.3f}] of {} texts", accuracy.rate(), accuracy.low(),
                       accuracy.high(), accuracy.n);
}

}  // namespace otherwise
