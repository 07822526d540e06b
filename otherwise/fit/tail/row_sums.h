// Sums over a row of floats, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace otherwise {

/// log Σ exp(x), nats. Of an empty row undefined.
[[nodiscard]] inline double log_sum(std::span<const float> row) {
    const double most = *std::max_element(row.begin(), row.end());
    double sum = 0.0;
    for (const float value : row) {
        sum += std::exp(value - most);
    }
    return most + std::log(sum);
}

/// √(Σ x²)
[[nodiscard]] inline double norm(std::span<const float> row) {
    double sum = 0.0;
    for (const float value : row) {
        sum += static_cast<double>(value) * value;
    }
    return std::sqrt(sum);
}

}  // namespace otherwise
