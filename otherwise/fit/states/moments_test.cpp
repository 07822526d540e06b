#include "otherwise/fit/states/moments.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/reference.h"

namespace otherwise {
namespace {

constexpr double kRounding = 1e-6;  // rows are floats

Moments moments_of(const Eigen::MatrixXd& rows) {
    Moments moments(static_cast<int>(rows.cols()), true);
    moments.add(test::floats_of(rows));
    return moments;
}

/// The plain definitions, in double precision.
Eigen::MatrixXd plain_covariance(const Eigen::MatrixXd& rows) {
    const Eigen::MatrixXd centred = rows.rowwise() - rows.colwise().mean();
    return centred.transpose() * centred / static_cast<double>(rows.rows());
}

TEST(MomentsOfRows, ShrinkAsScikitLearnDoes) {
    int cases = 0;
    for (const auto& golden : test::reference("ledoit_wolf")) {
        if (golden.at("assume_centered").get<bool>()) {
            continue;
        }
        const auto moments = moments_of(test::matrix_of(golden.at("x")));
        const auto shrunk = shrink(moments);
        EXPECT_NEAR(shrunk.shrinkage, golden.at("shrinkage").get<double>(), kRounding);
        EXPECT_LT(
            test::relative_difference(shrunk.covariance, test::matrix_of(golden.at("covariance"))),
            kRounding);
        EXPECT_LT(test::relative_difference(moments.mean(), test::vector_of(golden.at("location"))),
                  kRounding);
        ++cases;
    }
    EXPECT_EQ(cases, 3);
}

TEST(MomentsOfRows, DoNotDependOnHowRowsCome) {
    const Eigen::MatrixXd rows = Eigen::MatrixXd::Random(700, 5).array() + 300.0;
    const auto values = test::floats_of(rows);
    const auto whole = moments_of(rows);
    Moments parts(5, true);
    for (std::size_t row = 0; row < 700; ++row) {
        parts.add(std::span(values).subspan(row * 5, 5));
    }
    EXPECT_EQ(parts.mean(), whole.mean());
    EXPECT_EQ(parts.covariance(), whole.covariance());
    EXPECT_EQ(parts.fourth(), whole.fourth());
    EXPECT_LT(test::relative_difference(whole.covariance(), plain_covariance(rows)), 1e-3);
    EXPECT_LT(test::relative_difference(whole.mean(), Eigen::VectorXd(rows.colwise().mean())),
              kRounding);
}

TEST(MomentsOfRows, MergeToThoseOfAllRows) {
    const Eigen::MatrixXd rows = Eigen::MatrixXd::Random(300, 4);
    Moments a(4, true);
    Moments b(4, true);
    a.set_shift(Eigen::VectorXd::Ones(4));
    b.set_shift(Eigen::VectorXd::Ones(4));
    a.add(test::floats_of(rows.topRows(130)));
    b.add(test::floats_of(rows.bottomRows(170)));
    const auto both = Moments::merged(a, b);
    const auto whole = moments_of(rows);
    EXPECT_EQ(both.n(), 300);
    EXPECT_LT(test::relative_difference(both.covariance(), whole.covariance()), 1e-12);
    EXPECT_NEAR(both.fourth(), whole.fourth(), 1e-10);
    EXPECT_ERROR(Moments::merged(a, whole), "the same shift");
}

TEST(MomentsOfRows, AreUsedAsTheyAreOnlyWithTenRowsADimension) {
    const Eigen::MatrixXd rows = Eigen::MatrixXd::Random(40, 4);
    EXPECT_EQ(covariance_for_fit(moments_of(rows)).shrinkage, 0.0);
    EXPECT_GT(covariance_for_fit(moments_of(rows.topRows(39))).shrinkage, 0.0);
    EXPECT_ERROR(shrink(moments_of(rows.topRows(1))), "at least two rows");
}

}  // namespace
}  // namespace otherwise
