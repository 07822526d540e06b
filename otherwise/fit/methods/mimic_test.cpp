#include "otherwise/fit/methods/mimic.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "tests/support/reference.h"

namespace otherwise {
namespace {

Gaussian gaussian(const nlohmann::json& golden, const std::string& name) {
    return {.mean = test::vector_of(golden.at(name + "_mean")),
            .covariance = test::matrix_of(golden.at(name + "_covariance"))};
}

TEST(GaussianTransport, IsThatOfPot) {
    int cases = 0;
    for (const auto& golden : test::reference("transport")) {
        const auto source = gaussian(golden, "source");
        const auto target = gaussian(golden, "target");
        const auto map = transport(source, target);
        EXPECT_LT(test::relative_difference(map.weight, test::matrix_of(golden.at("map"))), 1e-9)
            << golden.at("name");
        const Eigen::VectorXd bias = test::vector_of(golden.at("bias"));
        EXPECT_LT((map.bias - bias).norm(), 1e-8 * (1.0 + bias.norm()));
        // How far it moves states on average, squared, is the distance of the two Gaussians.
        const Eigen::MatrixXd moved =
            map.weight - Eigen::MatrixXd::Identity(map.weight.rows(), map.weight.cols());
        EXPECT_NEAR((moved * source.covariance * moved.transpose()).trace() +
                        (source.mean - target.mean).squaredNorm(),
                    golden.at("cost").get<double>(), 1e-8);
        ++cases;
    }
    EXPECT_EQ(cases, 3);
}

TEST(GaussianTransport, GivesTheTargetsMeanAndCovariance) {
    const Eigen::MatrixXd a = Eigen::MatrixXd::Random(6, 9);
    const Eigen::MatrixXd b = Eigen::MatrixXd::Random(6, 9);
    const Gaussian source{.mean = Eigen::VectorXd::Random(6), .covariance = a * a.transpose()};
    const Gaussian target{.mean = Eigen::VectorXd::Random(6), .covariance = b * b.transpose()};
    const auto map = transport(source, target);
    EXPECT_LT(test::relative_difference(
                  Eigen::MatrixXd(map.weight * source.covariance * map.weight.transpose()),
                  target.covariance),
              1e-10);
    EXPECT_LT(test::relative_difference(Eigen::VectorXd(map.weight * source.mean + map.bias),
                                        target.mean),
              1e-10);
    // The control: moving the mean alone leaves the covariance.
    EXPECT_GT(test::relative_difference(source.covariance, target.covariance), 0.1);
}

TEST(GaussianTransport, LeavesDirectionsInWhichTheSourceHasNoVariance) {
    const Eigen::MatrixXd a = Eigen::MatrixXd::Random(5, 3);
    const Eigen::MatrixXd b = Eigen::MatrixXd::Random(5, 7);
    const Gaussian source{.mean = Eigen::VectorXd::Zero(5), .covariance = a * a.transpose()};
    const Gaussian target{.mean = Eigen::VectorXd::Ones(5), .covariance = b * b.transpose()};
    const Eigen::MatrixXd same = transport(source, source).weight;
    EXPECT_LT((same - Eigen::MatrixXd::Identity(5, 5)).norm(), 1e-8);
    const Eigen::MatrixXd outside = a.transpose().fullPivLu().kernel();  // across the columns of a
    const auto map = transport(source, target);
    ASSERT_EQ(outside.cols(), 2);
    EXPECT_LT((map.weight * outside - outside).norm(), 1e-8);
    EXPECT_GT((map.weight * a - a).norm(), 0.1);  // the control

    const Gaussian still{.mean = Eigen::VectorXd::Zero(5),
                         .covariance = Eigen::MatrixXd::Zero(5, 5)};
    const auto shift = transport(still, target);
    EXPECT_EQ(shift.weight, Eigen::MatrixXd::Identity(5, 5));
    EXPECT_EQ(shift.bias, target.mean);
}

}  // namespace
}  // namespace otherwise
