// Directions between two sets of states: which way the first lies from the second.
//
// mean        v = μ₁ − μ₂ (contrastive activation addition, Rimsky et al. 2312.06681; the refusal
//             direction of Arditi et al. 2406.11717)
// principal   of the paired differences d_i = x_i − y_i the unit vector that maximises Σ (v·d_i)²
//             (llama.cpp's cvector-generator), or of d_i − d̄ (repeng); its sign is the one for
//             which v·(μ₁ − μ₂) ≥ 0, so that adding it moves towards the first set.
// Centred differences that vary by no more than the rounding of floats, 1e-6 of their size, have no
// direction. Cost: principal O(min(n, d)² max(n, d)).
#pragma once

#include <Eigen/Core>

namespace otherwise {

/// A direction of length one, and how far apart along it the means are.
struct Direction {
    Eigen::VectorXd unit;    ///< [d]; zeros where the sets do not differ
    double distance = 0.0;   ///< v·(μ₁ − μ₂) ≥ 0, in units of the states
    double explained = 1.0;  ///< principal: share of the differences' squares along it
};

/// Along the difference of the means, each [d].
[[nodiscard]] Direction mean_direction(const Eigen::VectorXd& first, const Eigen::VectorXd& second);

/// Along the first principal component of the differences [d, n], n ≥ 1.
[[nodiscard]] Direction principal_direction(const Eigen::MatrixXd& differences, bool centred);

}  // namespace otherwise
