// One token under the microscope: what it would have become in another world, and why it can.
//
// A token w can only move to a v whose probability grew by a larger factor: q_v / p_v > q_w / p_w.
#pragma once

#include <vector>

#include "otherwise/base/law.h"
#include "otherwise/coupling/bounds.h"

namespace otherwise {

/// A counterfactual token.
struct Outcome {
    Token token = -1;
    double probability = 0.0;  ///< P(counterfactual = token | factual = w)
    double p = 0.0;            ///< its probability in the factual world
    double q = 0.0;            ///< and in the other one
    double ratio = 0.0;        ///< q / p; +inf where p = 0
};

struct TokenLaw {
    Outcome observed;               ///< its probability is the stay
    std::vector<Outcome> outcomes;  ///< most probable first, `observed` among them if it is
    double rest = 0.0;              ///< probability of all others together
    Bounds bounds;                  ///< of the stay, over all couplings
};

/// The `top` most probable counterfactual tokens; ties: the lower id first. O(V log V). Throws
/// Error when w is impossible in the factual law.
[[nodiscard]] TokenLaw law_at(const Law& factual, const Law& world, Token w, int top);

}  // namespace otherwise
