#include "otherwise/fit/methods/direction.h"

#include <Eigen/Eigenvalues>

namespace otherwise {
namespace {

/// The eigenvector of the largest eigenvalue, which comes last.
Eigen::VectorXd top_vector(const Eigen::MatrixXd& symmetric) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
    return solver.eigenvectors().col(symmetric.cols() - 1);
}

/// The first left singular vector of x [d, n].
Eigen::VectorXd first_component(const Eigen::MatrixXd& x) {
    if (x.cols() < x.rows()) {
        return (x * top_vector(x.transpose() * x)).stableNormalized();
    }
    return top_vector(x * x.transpose());
}

}  // namespace

Direction mean_direction(const Eigen::VectorXd& first, const Eigen::VectorXd& second) {
    const Eigen::VectorXd difference = first - second;
    const double distance = difference.norm();
    return {.unit = distance > 0.0 ? Eigen::VectorXd(difference / distance) : difference,
            .distance = distance};
}

Direction principal_direction(const Eigen::MatrixXd& differences, bool centred) {
    const Eigen::VectorXd mean = differences.rowwise().mean();
    const Eigen::MatrixXd x = centred ? Eigen::MatrixXd(differences.colwise() - mean) : differences;
    constexpr double kRounding = 1e-6;
    const double total = x.squaredNorm();
    if (total <= kRounding * kRounding * differences.squaredNorm()) {
        return {.unit = Eigen::VectorXd::Zero(differences.rows()), .explained = 0.0};
    }
    Eigen::VectorXd unit = first_component(x);
    const double explained = (unit.transpose() * x).squaredNorm() / total;
    double distance = unit.dot(mean);
    if (distance < 0.0) {
        unit = -unit;
        distance = -distance;
    }
    return {.unit = unit, .distance = distance, .explained = explained};
}

}  // namespace otherwise
