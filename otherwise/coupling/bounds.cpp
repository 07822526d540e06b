#include "otherwise/coupling/bounds.h"

#include <algorithm>
#include <cmath>

namespace otherwise {
Bounds stay_bounds(double log_p, double log_q) {
    // (p + q − 1) / p = 1 − (1 − q) / p
    const double missing = -std::expm1(std::min(0.0, log_q));
    const double low = missing > 0.0 ? 1.0 - std::exp(std::log(missing) - log_p) : 1.0;
    return {.low = std::clamp(low, 0.0, 1.0), .high = std::exp(std::min(0.0, log_q - log_p))};
}

}  // namespace otherwise
