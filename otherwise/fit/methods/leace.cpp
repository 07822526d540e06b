#include "otherwise/fit/methods/leace.h"

#include <Eigen/SVD>

#include "otherwise/fit/methods/symmetric.h"

namespace otherwise {
namespace {

/// Singular values are correlations, between 0 and 1; below this they are rounding.
constexpr double kTolerance = 1e-6;

}  // namespace

Eigen::MatrixXd Eraser::erase(const Eigen::MatrixXd& x) const {
    const Eigen::MatrixXd centred = x.colwise() - mean;
    return x - left * (right * centred);
}

Eraser leace(const Eigen::MatrixXd& covariance, std::span<const ClassMean> classes) {
    const auto d = covariance.rows();
    double n = 0.0;
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(d);
    for (const auto& one : classes) {
        n += one.n;
        mean += one.n * one.mean;
    }
    mean /= n;
    Eigen::MatrixXd cross(d, static_cast<Eigen::Index>(classes.size()));
    for (std::size_t k = 0; k < classes.size(); ++k) {
        cross.col(static_cast<Eigen::Index>(k)) = classes[k].n / n * (classes[k].mean - mean);
    }
    const auto whiten = roots(covariance);
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(whiten.inverse * cross, Eigen::ComputeThinU);
    const auto& values = svd.singularValues();
    Eigen::Index rank = 0;
    while (rank < values.size() && rank + 1 < cross.cols() && values(rank) > kTolerance) {
        ++rank;  // k centred means span k − 1 dimensions at most
    }
    const Eigen::MatrixXd u = svd.matrixU().leftCols(rank);
    return {.left = whiten.root * u, .right = u.transpose() * whiten.inverse, .mean = mean};
}

}  // namespace otherwise
