// The logarithm of the gamma function, on several threads at once.
#pragma once

#include <math.h>  // NOLINT(modernize-deprecated-headers): lgamma_r is POSIX, not C++

namespace otherwise {

/// log Γ(x) for x > 0. std::lgamma is the same and writes the sign into a global variable.
[[nodiscard]] inline double log_gamma(double x) {
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

}  // namespace otherwise
