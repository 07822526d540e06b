// The stay probability by its definition, as a plain loop: what faster ways must agree with.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise::test {

/// Probabilities [n] of logits, those beyond their end 0.
inline std::vector<double> probabilities_of(std::span<const double> logits, std::size_t n) {
    const double peak = *std::ranges::max_element(logits);
    std::vector<double> p(n);
    double sum = 0.0;
    for (std::size_t k = 0; k < logits.size(); ++k) {
        p[k] = std::exp(logits[k] - peak);
        sum += p[k];
    }
    for (double& probability : p) {
        probability /= sum;
    }
    return p;
}

/// 1 / Σ_k max(p_k, q_k p_w / q_w), from logits in double precision; 0 where q_w = 0. p_w > 0.
inline double gumbel_stay(std::span<const double> factual, std::span<const double> world, Token w) {
    const std::size_t n = std::max(factual.size(), world.size());
    const auto p = probabilities_of(factual, n);
    const auto q = probabilities_of(world, n);
    const auto observed = static_cast<std::size_t>(w);
    if (q[observed] == 0.0) {
        return 0.0;
    }
    const double ratio = p[observed] / q[observed];
    if (std::isinf(ratio)) {
        return 0.0;
    }
    double sum = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
        sum += std::max(p[k], q[k] * ratio);
    }
    return std::min(1.0, 1.0 / sum);
}

}  // namespace otherwise::test
