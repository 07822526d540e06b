// Hindsight: the posterior of the noise, given that token w was written under the factual law p.
//
//   m ~ Exp(1), independent of w: the winning time          E_w = p_w m
//   every other clock is memoryless:                        E_k = p_k m + clock_k,   k ≠ w
//
// m and clock_k are of the place, but not the clocks that the field writes there with (Clocks::
// afresh): these would know of w where the same field wrote it. A token beyond the factual
// vocabulary has p_k = 0 and E_k = clock_k. Drawn over w ~ p the E_k are again independent Exp(1).
// Nothing is rejected and nothing overflows.
//
// What a race compares is log q_k − log E_k. It is computed from the time at which token k finishes
// in the factual world, T_k = E_k / p_k = m + clock_k / p_k, and T_w = m:
//
//   score_k = (log q_k − log p_k) − log T_k       log q_k − log clock_k where p_k < e^-600
//
// T_k ≥ m holds after rounding too, and the logarithm never decreases (elementary.h). So where
// q = p no score is above that of w. Given the laws the scores are the same bits on every machine.
// Source: arXiv 2411.07180 (hindsight for the Gumbel-max trick), here in clock form.
#pragma once

#include "otherwise/base/law.h"
#include "otherwise/noise/field.h"

namespace otherwise {

/// That `observed` was written where the factual law was `factual` (its weights may be empty).
struct Hindsight {
    Law factual;
    Token observed = -1;
};

/// False when the factual law gives the observed token probability 0.
[[nodiscard]] bool possible(const Hindsight& hindsight) noexcept;

/// The clocks of a place, given the hindsight there or, with nullptr, as they come. A view of the
/// hindsight. Thread safe.
class Posterior {
public:
    Posterior(const Clocks& clocks, const Hindsight* hindsight) noexcept;

    /// clock_k of the formula: afresh under hindsight, else the place's own.
    [[nodiscard]] const Clocks& clocks() const noexcept { return clocks_; }

    /// log q_k − log E_k of a token with this log q_k and its clock of `clocks`, which the observed
    /// token does not need. The hindsight must be possible.
    [[nodiscard]] double score(Token token, double log_q, double clock) const noexcept;

    /// log E_k.
    [[nodiscard]] double log_clock(Token token) const noexcept {
        return -score(token, 0.0, clocks_.clock(token));
    }

private:
    Clocks clocks_;
    const Hindsight* hindsight_;
    double winning_time_ = 0.0;
};

}  // namespace otherwise
