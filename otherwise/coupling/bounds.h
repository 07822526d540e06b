// What other couplings could say: the model fixes the laws p and q, not their joint.
//
//   one token    max(0, (p_w + q_w − 1) / p_w)  ≤  P(stay | w)  ≤  min(1, q_w / p_w)
//   independent  q_w
//   whole string the same with the string's probabilities P and Q for p_w and q_w
//
// The upper end is reached by maximal couplings, whose agreement is Σ min(p, q) = 1 − TV. All in
// the log domain; never NaN.
#pragma once

#include <span>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

struct Bounds {
    double low = 0.0;
    double high = 1.0;
    bool operator==(const Bounds&) const = default;
};

/// Over all couplings, P(stay) given that something of log probability `log_p` (nats, finite) was
/// observed, which has `log_q` (nats, may be −inf) in the other world.
[[nodiscard]] Bounds stay_bounds(double log_p, double log_q);

/// Σ_k min(p_k, q_k), from probabilities [n_vocab]; the agreement of a maximal coupling.
[[nodiscard]] double maximal_agreement(std::span<const double> p, std::span<const double> q);

/// law[v] = P(world = v | factual = w) in the maximal coupling that draws the rest independently:
/// min(1, q_w / p_w) at w, and in proportion to max(0, q_v − p_v) elsewhere. p_w > 0.
[[nodiscard]] std::vector<double> maximal_law(std::span<const double> p, std::span<const double> q,
                                              Token w);

/// Σ_k p_k q_k, the agreement of independent draws.
[[nodiscard]] double independent_agreement(std::span<const double> p, std::span<const double> q);

}  // namespace otherwise
