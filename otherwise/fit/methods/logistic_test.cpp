#include "otherwise/fit/methods/logistic.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/expect_error.h"
#include "tests/support/reference.h"

namespace otherwise {
namespace {

TEST(LinearProbeFit, IsThatOfScikitLearn) {
    int cases = 0;
    for (const auto& golden : test::reference("logistic")) {
        const Eigen::MatrixXd x = test::matrix_of(golden.at("x")).transpose();
        const auto labels = golden.at("labels").get<std::vector<std::uint8_t>>();
        const auto probe = fit_probe(x, labels, {.c = golden.at("C").get<double>()});
        EXPECT_LT(
            test::relative_difference(probe.weight, test::vector_of(golden.at("coefficients"))),
            1e-7)
            << golden.at("name");
        EXPECT_NEAR(probe.intercept, golden.at("intercept").get<double>(), 1e-6);
        int right = 0;
        const auto scores = probe.scores(x);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            right += (scores(static_cast<Eigen::Index>(i)) > 0.0) == (labels[i] != 0) ? 1 : 0;
        }
        EXPECT_EQ(static_cast<double>(right) / static_cast<double>(labels.size()),
                  golden.at("accuracy").get<double>());
        ++cases;
    }
    EXPECT_EQ(cases, 4);
}

TEST(LinearProbeFit, BalancedIsThatOfRowsRepeatedUntilBothClassesAreAsLarge) {
    // 12 and 3 rows: weights of 15 / 24 and 15 / 6, four times as much.
    const Eigen::MatrixXd x = Eigen::MatrixXd::Random(4, 15);
    std::vector<std::uint8_t> labels(15, 1);
    Eigen::MatrixXd repeated(4, 24);
    repeated.leftCols(12) = x.leftCols(12);
    std::vector<std::uint8_t> repeated_labels(12, 1);
    for (Eigen::Index i = 0; i < 12; ++i) {
        labels[12 + static_cast<std::size_t>(i / 4)] = 0;
        repeated.col(12 + i) = x.col(12 + i / 4);
        repeated_labels.push_back(0);
    }
    const auto balanced = fit_probe(x, labels, {.c = 2.0, .balanced = true});
    const auto expected = fit_probe(repeated, repeated_labels, {.c = 2.0 * 15.0 / 24.0});
    EXPECT_LT(test::relative_difference(balanced.weight, expected.weight), 1e-7);
    EXPECT_NEAR(balanced.intercept, expected.intercept, 1e-7);
    // The control: unbalanced, it leans towards the larger class.
    EXPECT_GT(fit_probe(x, labels, {.c = 2.0}).intercept, balanced.intercept + 0.1);
}

TEST(LinearProbeFit, RefusesOneClass) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Random(3, 4);
    EXPECT_ERROR(fit_probe(x, std::vector<std::uint8_t>{1, 1, 1, 1}), "two classes");
}

TEST(LinearProbeFit, DoesNotTellClassesApartByRounding) {
    Eigen::MatrixXd x = Eigen::MatrixXd::Constant(4, 40, 3.0);
    std::vector<int> classes(40, 0);
    std::fill_n(classes.begin(), 20, 1);
    x.leftCols(20).array() += 1e-7;
    const auto said = Probes(x, classes, 2).classify(x);
    EXPECT_EQ(std::count(said.begin(), said.end(), said.front()), 40);
    // The control: what is more than rounding counts, however small beside a constant.
    x.leftCols(20).array() += 1e-4;
    EXPECT_EQ(Probes(x, classes, 2).classify(x), classes);
}

TEST(LinearProbeFit, TellsManyClassesApart) {
    Eigen::MatrixXd x = Eigen::MatrixXd::Random(4, 120) * 0.3;
    std::vector<int> classes;
    for (Eigen::Index i = 0; i < x.cols(); ++i) {
        classes.push_back(static_cast<int>(i % 3));
        x(i % 3, i) += 2.0;
    }
    EXPECT_EQ(Probes(x, classes, 3).classify(x), classes);
    for (auto& one : classes) {
        one = one == 2 ? 0 : one;
    }
    for (Eigen::Index i = 2; i < x.cols(); i += 3) {
        x.col(i) = x.col(i - 2);
    }
    EXPECT_EQ(Probes(x, classes, 2).classify(x), classes);
}

}  // namespace
}  // namespace otherwise
