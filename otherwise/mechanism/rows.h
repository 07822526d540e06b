// Internal to mechanism: passes over a row of logits, vectorised for the CPU at hand. −inf is
// allowed everywhere. Thread safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otherwise/mechanism/mechanism.h"

namespace otherwise::rows {

/// Tokens that share an entry of block_maxima.
inline constexpr std::size_t kBlock = 64;

struct Peak {
    float value;    ///< the largest logit; −inf when there is none
    bool sensible;  ///< no logit is NaN or +inf
};
[[nodiscard]] Peak peak(std::span<const float> logits);

/// weights[k] = exp(logits[k] − peak) to float rounding, 0 below about −104; returns their sum,
/// compensated. weights [n_vocab].
[[nodiscard]] double exponentials(std::span<const float> logits, float peak,
                                  std::span<float> weights);

/// out[k] = logits[k] / divisor, in float. out [n_vocab].
void divide(std::span<const float> logits, float divisor, std::span<float> out);

/// maxima[b] = largest logit of tokens kBlock b … kBlock b + kBlock − 1.
void block_maxima(std::span<const float> logits, std::vector<float>& maxima);

/// Replaces `out` by the tokens with logit ≥ bound, in order of id.
void gather(std::span<const float> logits, float bound, std::vector<Candidate>& out);

}  // namespace otherwise::rows
