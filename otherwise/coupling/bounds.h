// What other couplings could say: the model fixes the laws p and q, not their joint.
//
//   one token    max(0, (p_w + q_w − 1) / p_w)  ≤  P(stay | w)  ≤  min(1, q_w / p_w)
//   independent  q_w
//   whole string the same with the string's probabilities P and Q for p_w and q_w
//
// The upper end is reached by maximal couplings. All in the log domain; never NaN.
#pragma once

namespace otherwise {

struct Bounds {
    double low = 0.0;
    double high = 1.0;
    bool operator==(const Bounds&) const = default;
};

/// Over all couplings, P(stay) given that something of log probability `log_p` (nats, finite) was
/// observed, which has `log_q` (nats, may be −inf) in the other world.
[[nodiscard]] Bounds stay_bounds(double log_p, double log_q);

}  // namespace otherwise
