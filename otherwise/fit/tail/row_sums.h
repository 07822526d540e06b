// Sums over a row of floats, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace otherwise {

/// log Σ exp(x), nats, in the order of the row. Of an empty row undefined. (The mechanism and the
/// couplings have their own: of masked rows, by vectors, with compensated sums.)
[[nodiscard]] inline double log_sum(std::span<const float> row) {
    const double most = *std::max_element(row.begin(), row.end());
    double sum = 0.0;
    for (const float value : row) {
        sum += std::exp(value - most);
    }
    return most + std::log(sum);
}

/// KL(p ‖ q) in nats, Σ p log(p / q), of a law p whose log p of token v is log_p(v), and q's
/// logits. Rounding may take it a little below 0.
template <typename LogP>
[[nodiscard]] double divergence(const LogP& log_p, std::span<const float> logits) {
    const double total = log_sum(logits);
    double kl = 0.0;
    for (std::size_t v = 0; v < logits.size(); ++v) {
        const double before = log_p(v);
        kl += std::exp(before) * (before - (logits[v] - total));
    }
    return kl;
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
