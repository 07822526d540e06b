#include "otherwise/fit/logistic.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/reference.h"

namespace otherwise {
namespace {

TEST(LinearProbeFit, IsThatOfScikitLearn) {
    int cases = 0;
    for (const auto& golden : test::reference("logistic")) {
        const Eigen::MatrixXd x = test::matrix_of(golden.at("x")).transpose();
        const auto labels = golden.at("labels").get<std::vector<std::uint8_t>>();
        const auto probe = fit_probe(x, labels, golden.at("C").get<double>());
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

TEST(LinearProbeFit, RefusesOneClass) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Random(3, 4);
    EXPECT_ERROR(fit_probe(x, std::vector<std::uint8_t>{1, 1, 1, 1}), "two classes");
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
