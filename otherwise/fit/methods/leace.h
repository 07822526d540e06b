// LEACE: the least change of the states after which no linear probe tells the classes apart
// (Belrose et al. 2306.03819, theorem 4.2). For states x with mean μ and covariance Σ, and one-hot
// classes z with cross-covariance Σ_xz [d, k]:
//   r(x) = x − L R (x − μ),  L = Σ^{1/2} U,  R = Uᵀ Σ^{-1/2} (pseudo-inverse),
//   U = left singular vectors of Σ^{-1/2} Σ_xz whose singular value is not zero: rank ≤ k − 1.
// L R is a projection (R L = I), so erasing twice is erasing once, and states with R (x − μ) = 0
// stay as they are. Cost: one eigendecomposition of [d, d].
#pragma once

#include <Eigen/Core>
#include <span>

namespace otherwise {

struct Eraser {
    Eigen::MatrixXd left;   ///< L [d, rank]
    Eigen::MatrixXd right;  ///< R [rank, d]
    Eigen::VectorXd mean;   ///< μ [d]

    /// r(x) of every column of x [d, n].
    [[nodiscard]] Eigen::MatrixXd erase(const Eigen::MatrixXd& x) const;
};

/// A class: how many rows, and their mean.
struct ClassMean {
    double n = 0.0;
    Eigen::VectorXd mean;
};

/// The eraser from the covariance of all rows together (or its shrunk form) and two classes or
/// more. Classes with equal means give rank 0.
[[nodiscard]] Eraser leace(const Eigen::MatrixXd& covariance, std::span<const ClassMean> classes);

}  // namespace otherwise
