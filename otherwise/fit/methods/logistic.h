// A linear probe: logistic regression with an L2 penalty, to its optimum.
//
// Minimises C Σ a_i log(1 + exp(−s_i (w·x_i + b))) + ½‖w‖², s_i = ±1, the intercept b free: the
// same problem as scikit-learn's LogisticRegression(C). a_i is 1, or for balanced probes n / (2
// n_k) in a class of n_k of the n rows (class_weight="balanced"): both classes weigh the same, so
// that a probe does not name the larger one because it is larger. Newton's method with step
// halving; the optimal w lies in the span of the rows, so with fewer rows than dimensions the work
// is done in n dimensions. Cost: about ten times n m² + m³ with m = min(n, d).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

namespace otherwise {

struct LinearProbe {
    Eigen::VectorXd weight;  ///< [d]
    double intercept = 0.0;

    /// w·x + b of every column of x [d, n]; positive says the first class.
    [[nodiscard]] Eigen::VectorXd scores(const Eigen::MatrixXd& x) const;
};

struct ProbeOptions {
    double c = 1.0;
    bool balanced = false;
};

/// Of the columns of x [d, n] and whether each belongs to the first class. Throws Error when one of
/// the classes is empty.
[[nodiscard]] LinearProbe fit_probe(const Eigen::MatrixXd& x, std::span<const std::uint8_t> first,
                                    const ProbeOptions& options = {});

/// A balanced probe for each class against the others, on states brought to mean 0 and variance 1
/// first. A dimension that varies by no more than the rounding of floats, 1e-6 of the states' size,
/// is left out: what an eraser leaves of equal states would be made large, and told apart.
class Probes {
public:
    /// Of columns x [d, n] with classes 0 … n_classes − 1. Throws Error for an empty class.
    Probes(const Eigen::MatrixXd& x, std::span<const int> classes, int n_classes);
    /// The class with the highest score, of each column.
    [[nodiscard]] std::vector<int> classify(const Eigen::MatrixXd& x) const;

private:
    [[nodiscard]] Eigen::MatrixXd standard(const Eigen::MatrixXd& x) const;
    Eigen::VectorXd mean_;
    Eigen::VectorXd scale_;
    std::vector<LinearProbe> probes_;
};

}  // namespace otherwise
