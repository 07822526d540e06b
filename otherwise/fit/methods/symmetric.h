// Roots of symmetric positive semi-definite matrices, by their eigenvectors.
//
// A = U diag(λ) Uᵀ. Eigenvalues at or below λ_max · d · 2⁻⁵² count as zero: their root is zero, and
// so is their inverse root (the pseudo-inverse). Cost: about 10 d³ multiplications.
#pragma once

#include <Eigen/Core>

namespace otherwise {

/// A^{1/2}, A^{-1/2} (pseudo-inverse) and the projection onto the null space, symmetric [d, d].
struct Roots {
    Eigen::MatrixXd root;
    Eigen::MatrixXd inverse;
    Eigen::MatrixXd null;
};

/// Throws Error when A has a NaN.
[[nodiscard]] Roots roots(const Eigen::MatrixXd& a);

/// A^{1/2} alone.
[[nodiscard]] Eigen::MatrixXd square_root(const Eigen::MatrixXd& a);

}  // namespace otherwise
