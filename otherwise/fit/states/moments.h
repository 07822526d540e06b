// Mean and covariance of rows, added as they come, in double precision.
//
// With a shift c near the mean (the first row) and y = x − c the sums of y, y yᵀ, ‖y‖², ‖y‖⁴ and
// ‖y‖² y are kept, from which follow, for n rows x of width d,
//   mean        μ = c + Σ y / n
//   covariance  S = Σ (x − μ)(x − μ)ᵀ / n
//   fourth      Σ ‖x − μ‖⁴ / n
// and the shrunk covariance of Ledoit and Wolf (2004, "A well-conditioned estimator for
// large-dimensional covariance matrices", lemma 3.3), the one that scikit-learn computes:
//   m = tr S / d,  δ² = ‖S − m I‖² / d,  β² = min(δ², (fourth − ‖S‖²) / (n d)),
//   S* = (1 − β²/δ²) S + (β²/δ²) m I.
// Cost: n d² multiplications with the covariance, n d without; memory 8 d² bytes or 8 d.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace otherwise {

class Moments {
public:
    /// Of rows of this width; without `covariance` only the mean.
    Moments(int width, bool covariance);

    /// Adds rows [n * width]. The first row ever is the shift, unless one was set.
    void add(std::span<const float> rows);
    void set_shift(const Eigen::VectorXd& shift);

    [[nodiscard]] int width() const { return static_cast<int>(shift_.size()); }
    [[nodiscard]] long n() const { return n_; }
    [[nodiscard]] Eigen::VectorXd mean() const;        ///< [d]; zeros of no rows
    [[nodiscard]] Eigen::MatrixXd covariance() const;  ///< [d, d], divided by n
    [[nodiscard]] double fourth() const;

    /// Both together. Their shifts must be equal.
    [[nodiscard]] static Moments merged(const Moments& a, const Moments& b);
    [[nodiscard]] static std::size_t bytes(int width, bool covariance);

private:
    void flush() const;

    bool with_covariance_;
    bool shifted_ = false;
    long n_ = 0;
    Eigen::VectorXd shift_;
    Eigen::VectorXd sum_;            // Σ y
    Eigen::VectorXd cubic_;          // Σ ‖y‖² y
    double squares_ = 0.0;           // Σ ‖y‖²
    double quartic_ = 0.0;           // Σ ‖y‖⁴
    mutable Eigen::MatrixXd outer_;  // Σ y yᵀ of the rows flushed, lower triangle
    mutable Eigen::MatrixXd block_;  // [d, rows waiting]: a rank update of many rows is fast
    mutable Eigen::Index waiting_ = 0;
};

struct Shrunk {
    Eigen::MatrixXd covariance;
    double shrinkage = 0.0;  ///< β²/δ², between 0 and 1
};

/// The covariance of Ledoit and Wolf. Throws Error for fewer than two rows.
[[nodiscard]] Shrunk shrink(const Moments& moments);

/// The covariance a fit uses: the sample's where there are at least ten rows a dimension, else the
/// shrunk one.
[[nodiscard]] Shrunk covariance_for_fit(const Moments& moments);

}  // namespace otherwise
