#include "otherwise/fit/methods/direction.h"

#include <gtest/gtest.h>

#include "tests/support/reference.h"

namespace otherwise {
namespace {

TEST(DirectionOfPairs, IsThatOfCvectorGeneratorAndRepeng) {
    int cases = 0;
    for (const auto& golden : test::reference("pairs")) {
        const Eigen::MatrixXd positive = test::matrix_of(golden.at("positive")).transpose();
        const Eigen::MatrixXd negative = test::matrix_of(golden.at("negative")).transpose();
        const auto mean = mean_direction(positive.rowwise().mean(), negative.rowwise().mean());
        EXPECT_LT(test::relative_difference(Eigen::VectorXd(mean.unit * mean.distance),
                                            test::vector_of(golden.at("mean_difference"))),
                  1e-12);
        EXPECT_LT(test::relative_difference(mean.unit, test::vector_of(golden.at("cvector_mean"))),
                  1e-12);
        for (const bool centred : {false, true}) {
            auto theirs = test::vector_of(golden.at(centred ? "repeng_pca_diff" : "cvector_pca"));
            const auto ours = principal_direction(positive - negative, centred);
            // Their sign counts pairs, ours takes the mean; both differ only where pairs disagree.
            theirs *= theirs.dot(mean.unit) < 0.0 ? -1.0 : 1.0;
            EXPECT_LT(test::relative_difference(ours.unit, theirs), 1e-7) << golden.at("name");
            EXPECT_GE(ours.unit.dot(mean.unit), 0.0);
            EXPECT_NEAR(ours.distance, ours.unit.dot(mean.unit) * mean.distance, 1e-12);
        }
        ++cases;
    }
    EXPECT_EQ(cases, 3);
}

TEST(DirectionOfPairs, TurnsWithTheOrderOfTheSets) {
    const Eigen::MatrixXd differences = Eigen::MatrixXd::Random(5, 30).array() + 0.2;
    const auto forth = principal_direction(differences, false);
    const auto back = principal_direction(-differences, false);
    EXPECT_LT((forth.unit + back.unit).norm(), 1e-12);
    EXPECT_GT(forth.explained, 1.0 / 5.0);
    EXPECT_LE(forth.explained, 1.0);
}

TEST(DirectionOfPairs, OfEqualSetsIsZero) {
    const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(5, 30);
    EXPECT_EQ(principal_direction(none, false).unit.norm(), 0.0);
    // What is the same in all pairs is a component as it is, and none when centred; rounding is not
    // one.
    Eigen::MatrixXd same = Eigen::VectorXd::LinSpaced(5, 1.0, 5.0).replicate(1, 30);
    same += 1e-8 * Eigen::MatrixXd::Random(5, 30);
    EXPECT_NEAR(principal_direction(same, false).unit.norm(), 1.0, 1e-12);
    EXPECT_EQ(principal_direction(same, true).unit.norm(), 0.0);
    EXPECT_EQ(principal_direction(same.leftCols(1), true).unit.norm(), 0.0);
    EXPECT_EQ(mean_direction(none.col(0), none.col(1)).distance, 0.0);
}

}  // namespace
}  // namespace otherwise
