#include "otherwise/fit/methods/leace.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/reference.h"

namespace otherwise {
namespace {

struct Sets {
    Eigen::MatrixXd x;  // [d, n]
    std::vector<int> classes;
    std::vector<ClassMean> means;
    Eigen::MatrixXd covariance;
};

Sets sets_of(const Eigen::MatrixXd& x, const std::vector<int>& classes, int n_classes) {
    Sets sets{.x = x, .classes = classes};
    sets.means.resize(static_cast<std::size_t>(n_classes),
                      {.n = 0.0, .mean = Eigen::VectorXd::Zero(x.rows())});
    for (Eigen::Index i = 0; i < x.cols(); ++i) {
        auto& one = sets.means[static_cast<std::size_t>(classes[static_cast<std::size_t>(i)])];
        one.n += 1.0;
        one.mean += x.col(i);
    }
    for (auto& one : sets.means) {
        one.mean /= one.n;
    }
    const Eigen::MatrixXd centred = x.colwise() - Eigen::VectorXd(x.rowwise().mean());
    sets.covariance = centred * centred.transpose() / static_cast<double>(x.cols());
    return sets;
}

Sets golden_sets(const nlohmann::json& golden) {
    return sets_of(test::matrix_of(golden.at("x")).transpose(),
                   golden.at("labels").get<std::vector<int>>(), golden.at("classes").get<int>());
}

double spread_of_means(const Eigen::MatrixXd& x, const Sets& sets) {
    const auto moved = sets_of(x, sets.classes, static_cast<int>(sets.means.size()));
    double spread = 0.0;
    for (const auto& one : moved.means) {
        spread = std::max(spread, (one.mean - moved.means[0].mean).norm());
    }
    return spread;
}

TEST(LeaceEraser, IsThatOfConceptErasure) {
    int cases = 0;
    for (const auto& golden : test::reference("leace")) {
        if (golden.at("name") == "three classes on a bent line") {
            continue;  // that package drops correlations below 0.01, which are none here
        }
        auto sets = golden_sets(golden);
        if (golden.at("shrinkage").get<bool>()) {
            sets.covariance = test::matrix_of(golden.at("covariance"));
        }
        const auto eraser = leace(sets.covariance, sets.means);
        const Eigen::MatrixXd projection =
            Eigen::MatrixXd::Identity(sets.x.rows(), sets.x.rows()) - eraser.left * eraser.right;
        EXPECT_EQ(eraser.left.cols(), golden.at("rank").get<int>()) << golden.at("name");
        EXPECT_LT(test::relative_difference(projection, test::matrix_of(golden.at("projection"))),
                  1e-6)
            << golden.at("name");
        EXPECT_LT(test::relative_difference(Eigen::MatrixXd(eraser.erase(sets.x).transpose()),
                                            test::matrix_of(golden.at("erased"))),
                  1e-6)
            << golden.at("name");
        ++cases;
    }
    EXPECT_EQ(cases, 9);
}

TEST(LeaceEraser, TakesTheClassMeansTogetherAndTheRestStays) {
    for (const auto& golden : test::reference("leace")) {
        const auto sets = golden_sets(golden);
        const auto eraser = leace(sets.covariance, sets.means);
        const Eigen::MatrixXd erased = eraser.erase(sets.x);
        EXPECT_GT(spread_of_means(sets.x, sets), 0.1) << "nothing to erase";
        EXPECT_LT(spread_of_means(erased, sets), 1e-4 * spread_of_means(sets.x, sets));
        EXPECT_LT(test::relative_difference(eraser.erase(erased), erased), 1e-9) << "idempotent";
        // What has no part in the whitened class means stays as it is.
        const auto rank = eraser.left.cols();
        const Eigen::MatrixXd inner = eraser.right * eraser.left;
        EXPECT_LT((inner - Eigen::MatrixXd::Identity(rank, rank)).norm(), 1e-8);
        Eigen::VectorXd free = Eigen::VectorXd::Random(sets.x.rows());
        free -= eraser.left * (eraser.right * free);
        const Eigen::VectorXd state = eraser.mean + free;
        EXPECT_LT(test::relative_difference(Eigen::VectorXd(eraser.erase(state)), state), 1e-9);
    }
}

TEST(LeaceEraser, OfEqualMeansErasesNothing) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Random(4, 20);
    Eigen::MatrixXd twice(4, 40);
    twice << x, x;
    std::vector<int> classes(40, 0);
    std::fill(classes.begin() + 20, classes.end(), 1);
    const auto sets = sets_of(twice, classes, 2);
    EXPECT_EQ(leace(sets.covariance, sets.means).left.cols(), 0);
}

}  // namespace
}  // namespace otherwise
