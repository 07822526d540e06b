// The exact law of the longest common prefix of a factual string and its counterfactual.
//
// The noise of two positions is independent, so along the observed string
//
//   survival[t] = P(LCP > t) = Π_{s ≤ t} stay_s        P(unchanged) = the last
//   expected LCP = Σ_t survival[t]
#pragma once

#include <span>
#include <vector>

namespace otherwise {

struct PrefixLaw {
    std::vector<double> survival;  ///< [n] P(LCP > t)
    double expected_lcp = 0.0;     ///< tokens
    double unchanged = 1.0;        ///< P(LCP = n); 1 for an empty string
};

/// From the stay probabilities [n] along one observed string.
[[nodiscard]] PrefixLaw prefix_law(std::span<const double> stay);

}  // namespace otherwise
