// Hindsight: the posterior of the noise, given that token w was written under the factual law p.
//
//   m ~ Exp(1), independent of w: the winning time          E_w = p_w m
//   every other clock is memoryless:                        E_k = p_k m + clock_k,   k ≠ w
//
// A token beyond the factual vocabulary has p_k = 0 and keeps its clock. Drawn over w ~ p the E_k
// are again independent Exp(1). Nothing is rejected and nothing overflows.
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

/// The clocks of a place, given the hindsight there or, with nullptr, as they come. A view of both
/// arguments. Thread safe.
class Posterior {
public:
    Posterior(const Clocks& clocks, const Hindsight* hindsight) noexcept;

    /// log E_k, in double precision. The hindsight must be possible.
    [[nodiscard]] double log_clock(Token token) const noexcept;

private:
    const Clocks& clocks_;
    const Hindsight* hindsight_;
    double log_winning_time_ = 0.0;
};

}  // namespace otherwise
