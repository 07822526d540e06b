// MiMiC: the affine map that gives states of one distribution the mean and covariance of another
// (Singh et al. 2402.09631), the optimal transport between two Gaussians:
//   x → W x + b,  W = Σ_s^{-1/2} (Σ_s^{1/2} Σ_t Σ_s^{1/2})^{1/2} Σ_s^{-1/2},  b = μ_t − W μ_s,
// W symmetric, W Σ_s W = Σ_t. Inverses are pseudo-inverses: in directions in which the source has
// no variance there is nothing to learn from, and W is the identity. Cost: three
// eigendecompositions and four products of [d, d] matrices.
#pragma once

#include <Eigen/Core>

namespace otherwise {

struct Gaussian {
    Eigen::VectorXd mean;        ///< [d]
    Eigen::MatrixXd covariance;  ///< [d, d]
};

struct GaussianMap {
    Eigen::MatrixXd weight;  ///< W [d, d]
    Eigen::VectorXd bias;    ///< b [d]
};

/// Throws Error for a NaN.
[[nodiscard]] GaussianMap transport(const Gaussian& source, const Gaussian& target);

}  // namespace otherwise
