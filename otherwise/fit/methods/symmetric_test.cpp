#include "otherwise/fit/methods/symmetric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

/// diag(4, 9, 0) turned by 30 degrees in its first two axes.
struct Turned {
    Eigen::Matrix3d turn = Eigen::Matrix3d::Identity();
    Turned() { turn.topLeftCorner<2, 2>() << std::sqrt(0.75), -0.5, 0.5, std::sqrt(0.75); }
    [[nodiscard]] Eigen::MatrixXd of(double a, double b, double c) const {
        return turn * Eigen::Vector3d(a, b, c).asDiagonal() * turn.transpose();
    }
};

TEST(SymmetricRoots, AreThoseOfTheEigenvalues) {
    const Turned turned;
    const auto r = roots(turned.of(4, 9, 0));
    EXPECT_LT((r.root - turned.of(2, 3, 0)).norm(), 1e-12);
    EXPECT_LT((r.inverse - turned.of(0.5, 1.0 / 3, 0)).norm(), 1e-12);
    EXPECT_LT((r.null - turned.of(0, 0, 1)).norm(), 1e-12);
    EXPECT_LT((square_root(turned.of(4, 9, 0)) - turned.of(2, 3, 0)).norm(), 1e-12);
}

TEST(SymmetricRoots, TakeRoundingForZero) {
    const Turned turned;
    const auto r = roots(turned.of(4, 9, 1e-16));
    EXPECT_LT((r.inverse - turned.of(0.5, 1.0 / 3, 0)).norm(), 1e-12);  // not 1e8
    const auto small = roots(turned.of(4, 9, 1e-8));
    EXPECT_NEAR(small.inverse(2, 2), 1e4, 1.0);
    const auto none = roots(Eigen::MatrixXd::Zero(3, 3));
    EXPECT_EQ(none.inverse.norm(), 0.0);
    EXPECT_LT((none.null - Eigen::MatrixXd::Identity(3, 3)).norm(), 1e-12);
}

TEST(SymmetricRoots, WantFiniteNumbers) {
    Eigen::MatrixXd a = Eigen::MatrixXd::Identity(2, 2);
    a(1, 1) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_ERROR(roots(a), "a symmetric matrix of finite numbers");
    EXPECT_ERROR(square_root(a), "a symmetric matrix of finite numbers");
}

}  // namespace
}  // namespace otherwise
