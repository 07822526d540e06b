// KeySolver of key_covariance.h.
#include <Eigen/Dense>
#include <Eigen/IterativeLinearSolvers>

#include "otherwise/base/error.h"
#include "otherwise/fit/edit/key_covariance.h"

namespace otherwise {
namespace {

constexpr double kTolerance = 1e-8;

[[noreturn]] void refuse(const std::string& came) {
    fail({.where = "KeySolver",
          .expected = "a covariance that can be inverted",
          .came = came,
          .advice = "use more text (" + setting("covariance_tokens") + ") or more " +
                    setting("damping")});
}

}  // namespace

class KeySolver::Impl {
public:
    Impl(const KeyCovariance& covariance, double damping, int widest_direct)
        : matrix_(covariance.width, covariance.width) {
        std::size_t at = 0;
        for (Eigen::Index row = 0; row < covariance.width; ++row) {
            for (Eigen::Index column = 0; column <= row; ++column) {
                matrix_(row, column) = matrix_(column, row) = covariance.lower[at++];
            }
        }
        matrix_.diagonal().array() += damping * matrix_.diagonal().mean();
        if (!matrix_.allFinite() || matrix_.diagonal().minCoeff() <= 0.0) {
            refuse("keys that are all zero, or not finite");
        }
        if (covariance.width > widest_direct) {
            scale_ = matrix_.diagonal().cwiseSqrt().cwiseInverse();
            matrix_ = scale_.asDiagonal() * matrix_ * scale_.asDiagonal();
            return;
        }
        direct_.compute(matrix_);  // of one triangle
        matrix_.resize(0, 0);
        if (direct_.info() != Eigen::Success) {
            refuse("one that is not positive");
        }
    }

    [[nodiscard]] Eigen::VectorXd solve(const Eigen::VectorXd& x) const {
        if (matrix_.size() == 0) {
            return direct_.solve(x);
        }
        Eigen::ConjugateGradient<Eigen::MatrixXd, Eigen::Lower | Eigen::Upper,
                                 Eigen::IdentityPreconditioner>
            gradients;
        gradients.setTolerance(kTolerance);
        gradients.compute(matrix_);
        const Eigen::VectorXd y = gradients.solve(scale_.cwiseProduct(x));
        if (gradients.info() != Eigen::Success) {
            refuse("one for which conjugate gradients do not converge");
        }
        return scale_.cwiseProduct(y);
    }

private:
    Eigen::MatrixXd matrix_;  // empty once it is factorized
    Eigen::VectorXd scale_;
    Eigen::LLT<Eigen::MatrixXd> direct_;
};

KeySolver::KeySolver(const KeyCovariance& covariance, double damping, int widest_direct)
    : impl_(std::make_unique<Impl>(covariance, damping, widest_direct)) {}
KeySolver::~KeySolver() = default;

std::size_t solver_bytes(const Architecture& architecture) {
    const auto width = static_cast<std::size_t>(architecture.inner);
    return 2 * width * width * sizeof(double);  // the matrix and its factors
}

std::vector<double> KeySolver::solve(std::span<const double> x) const {
    const Eigen::VectorXd y = impl_->solve(
        Eigen::Map<const Eigen::VectorXd>(x.data(), static_cast<Eigen::Index>(x.size())));
    return {y.begin(), y.end()};
}

}  // namespace otherwise
