#include "otherwise/fit/methods/symmetric.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

struct Spectrum {
    Eigen::MatrixXd vectors;
    Eigen::VectorXd roots;  // √λ, 0 where λ counts as zero
};

Spectrum spectrum(const Eigen::MatrixXd& a) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(a);
    if (solver.info() != Eigen::Success || !solver.eigenvalues().allFinite()) {
        fail({.where = "roots",
              .expected = "a symmetric matrix of finite numbers",
              .came = "one without eigenvalues",
              .advice =
                  "check the states of this layer; " + setting("layers") + " chooses another"});
    }
    const auto& values = solver.eigenvalues();
    const double least = values.maxCoeff() * static_cast<double>(values.size()) *
                         std::numeric_limits<double>::epsilon();
    return {.vectors = solver.eigenvectors(), .roots = values.unaryExpr([least](double value) {
                return value > least ? std::sqrt(value) : 0.0;
            })};
}

}  // namespace

Roots roots(const Eigen::MatrixXd& a) {
    const auto s = spectrum(a);
    const Eigen::VectorXd inverse =
        s.roots.unaryExpr([](double root) { return root > 0.0 ? 1.0 / root : 0.0; });
    const Eigen::VectorXd null =
        s.roots.unaryExpr([](double root) { return root > 0.0 ? 0.0 : 1.0; });
    const auto in_space = [&](const Eigen::VectorXd& values) -> Eigen::MatrixXd {
        return s.vectors * values.asDiagonal() * s.vectors.transpose();
    };
    return {.root = in_space(s.roots), .inverse = in_space(inverse), .null = in_space(null)};
}

Eigen::MatrixXd square_root(const Eigen::MatrixXd& a) {
    const auto s = spectrum(a);
    return s.vectors * s.roots.asDiagonal() * s.vectors.transpose();
}

}  // namespace otherwise
