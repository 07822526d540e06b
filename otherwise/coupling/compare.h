// Two laws side by side at one position of an observed string, in one vectorised pass.
//
//   stay        1 / Σ_k max(p_k, q_k p_w / q_w)        gumbel.h; 0 where q_w = 0
//   kl          Σ_k p_k log(p_k / q_k)                 nats; +inf where q_k = 0 < p_k
//   same_draw   Σ_k p_k q_k                            two independent samples agree
//
// Sums run in double precision over the weights of the laws, which are good to float rounding: stay
// to about 1e-7 of its value, kl to about 1e-7 nats. Equal laws give stay = 1
// and kl = 0 exactly. Cost: one pass over four rows of n_vocab floats; nothing is allocated.
#pragma once

#include "otherwise/base/law.h"

namespace otherwise {

struct Comparison {
    double stay = 0.0;
    double kl = 0.0;         ///< nats
    double same_draw = 0.0;  ///< Σ p q
    double log_p = 0.0;      ///< log p_w, nats
    double log_q = 0.0;      ///< log q_w, nats; −inf where impossible
    Token top_p = -1;        ///< most probable token of each law; ties: the lower id
    Token top_q = -1;
};

/// The laws need weights; their vocabularies may differ in length. Throws Error when w is
/// impossible in the factual law. Thread safe.
[[nodiscard]] Comparison compare(const Law& factual, const Law& world, Token w);

}  // namespace otherwise
