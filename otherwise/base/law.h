// The law of the next token in one world, after the mechanism, in the log domain.
//
//   log p_k = logits[k] − log_norm,   log_norm = log Σ_k exp(logits[k]),   −inf = impossible
//
// A view: the rows belong to a mechanism's scratch, to the model or to a store. Units: nats.
#pragma once

#include <limits>
#include <span>

#include "otherwise/base/token.h"

namespace otherwise {

struct Law {
    std::span<const float> logits;   ///< [n_vocab]; −inf where the token is impossible
    std::span<const float> weights;  ///< [n_vocab] exp(logits − peak), to float rounding; may be
                                     ///< empty where only log_prob is needed
    float peak = 0.0F;               ///< max of logits
    double log_norm = 0.0;           ///< log Σ exp(logits)

    // Temperature 0: a point mass. The gap of the raw logits is its margin.
    bool greedy = false;
    Token best = -1;                                       ///< set when greedy
    Token second = -1;                                     ///< set when greedy
    double gap = std::numeric_limits<double>::infinity();  ///< nats; set when greedy

    /// log p_k; a token outside the vocabulary is impossible.
    [[nodiscard]] double log_prob(Token k) const noexcept {
        if (k < 0 || static_cast<std::size_t>(k) >= logits.size()) {
            return -std::numeric_limits<double>::infinity();
        }
        return static_cast<double>(logits[static_cast<std::size_t>(k)]) - log_norm;
    }
};

}  // namespace otherwise
