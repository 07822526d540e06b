// The stay probability alone, in double precision and in one vectorised pass without a sort:
//
//   of logits         a_k = log p_k, b_k = log q_k, any constants added; w observed
//                     stay = Σ_k exp(a_k − a_w) / Σ_k exp(max(a_k − a_w, b_k − b_w))
//   of probabilities  stay = Σ_k p_k / Σ_k max(p_k, q_k p_w / q_w)
//
// both 1 / Σ_k max(p_k, q_k p_w / q_w) of the normalised laws, and 0 where q_w = 0. Rows of floats
// are read as doubles. The same as GumbelCoupling's (gumbel.h) to 1e-12. Bits depend on the vectors
// of the processor. Tokens beyond the shorter law are impossible there. Rows with the same bits
// have stay 1 exactly.
//
// Also here: log p_w of a row of logits in double precision. O(V); nothing is allocated.
#pragma once

#include <span>

#include "otherwise/base/token.h"

namespace otherwise {

/// From logits; −inf is impossible. Throws Error (failed) when a logit is NaN or +inf, when none is
/// possible, or when w is impossible in the factual law.
[[nodiscard]] double stay_of_logits(std::span<const double> factual, std::span<const double> world,
                                    Token w);
[[nodiscard]] double stay_of_logits(std::span<const float> factual, std::span<const float> world,
                                    Token w);

/// From probabilities, whose sums may be off by 0.001 and are made 1. Throws Error (failed) when
/// one is negative or NaN, when a sum is further off, or when w is impossible in the factual law.
[[nodiscard]] double stay_of_probabilities(std::span<const double> factual,
                                           std::span<const double> world, Token w);
[[nodiscard]] double stay_of_probabilities(std::span<const float> factual,
                                           std::span<const float> world, Token w);

/// log Σ exp(logits). Throws Error (failed) as stay_of_logits does.
[[nodiscard]] double log_sum_exp(std::span<const double> logits);

}  // namespace otherwise
