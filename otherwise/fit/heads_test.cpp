#include "otherwise/fit/heads.h"

#include <gtest/gtest.h>

#include "tests/support/reference.h"

namespace otherwise {
namespace {

Eigen::MatrixXd columns_of(const Eigen::MatrixXd& rows, const std::vector<int>& labels, int label) {
    std::vector<Eigen::Index> which;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == label) {
            which.push_back(static_cast<Eigen::Index>(i));
        }
    }
    return rows(which, Eigen::all).transpose();
}

TEST(HeadShift, IsThatOfHonestLlama) {
    for (const auto& golden : test::reference("mass_mean")) {
        const auto x = test::matrix_of(golden.at("x"));
        const auto labels = golden.at("labels").get<std::vector<int>>();
        const auto shift = mass_mean_shift(columns_of(x, labels, 1), columns_of(x, labels, 0));
        const Eigen::VectorXd expected =
            golden.at("deviation").get<double>() * test::vector_of(golden.at("direction"));
        EXPECT_LT(test::relative_difference(shift, expected), 1e-12);
    }
}

TEST(HeadShift, BestHeadsAreThoseThatTellTheSetsApart) {
    const Eigen::MatrixXd noise = Eigen::MatrixXd::Random(4, 200);
    HeadStates plain{.first = noise.leftCols(60),
                     .second = noise.middleCols(60, 60),
                     .held_out_first = noise.middleCols(120, 40),
                     .held_out_second = noise.rightCols(40)};
    auto telling = plain;
    telling.first.row(2).array() += 3.0;
    telling.held_out_first.row(2).array() += 3.0;
    std::vector<HeadScore> heads = {score_head(plain), score_head(telling)};
    heads[1].layer = 7;
    sort_heads(heads);
    EXPECT_EQ(heads[0].layer, 7);
    EXPECT_EQ(heads[0].accuracy.rate(), 1.0);
    EXPECT_LT(heads[1].accuracy.low(), 0.5);
    EXPECT_GT(heads[0].shift(2), 0.9 * heads[0].shift.norm());
}

}  // namespace
}  // namespace otherwise
