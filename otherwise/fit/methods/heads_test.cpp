#include "otherwise/fit/methods/heads.h"

#include <gtest/gtest.h>

#include <cstdlib>

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
    const HeadStates first{.fitted = noise.leftCols(60),
                           .choosing = noise.middleCols(120, 20),
                           .judging = noise.middleCols(140, 20)};
    const HeadStates second{.fitted = noise.middleCols(60, 60),
                            .choosing = noise.middleCols(160, 20),
                            .judging = noise.rightCols(20)};
    auto telling = first;
    for (auto* part : {&telling.fitted, &telling.choosing, &telling.judging}) {
        part->row(2).array() += 3.0;
    }
    std::vector<HeadScore> heads = {score_head(first, second), score_head(telling, second)};
    heads[1].layer = 7;
    sort_heads(heads);
    EXPECT_EQ(heads[0].layer, 7);
    EXPECT_EQ(heads[0].accuracy.rate(), 1.0);
    EXPECT_LT(heads[1].accuracy.low(), 0.5);
    EXPECT_GT(heads[0].shift(2), 0.9 * heads[0].shift.norm());
    EXPECT_EQ(together(std::span(heads).first(1), 20).rate(), heads[0].accuracy.rate());
    EXPECT_GT(together(heads, 20).rate(), heads[1].accuracy.rate());
}

TEST(HeadShift, TheBestOfManyHeadsIsJudgedByTextsThatDidNotChooseIt) {
    std::srand(1);  // Eigen's numbers, whatever tests ran before in this process
    std::vector<HeadScore> heads;
    for (int head = 0; head < 200; ++head) {
        const Eigen::MatrixXd noise = Eigen::MatrixXd::Random(4, 200);
        const auto set = [&](Eigen::Index start) {
            return HeadStates{.fitted = noise.middleCols(start, 60),
                              .choosing = noise.middleCols(start + 60, 20),
                              .judging = noise.middleCols(start + 80, 20)};
        };
        heads.push_back(score_head(set(0), set(100)));
    }
    sort_heads(heads);
    double chosen = 0.0;
    double judged = 0.0;
    for (std::size_t i = 0; i < 10; ++i) {
        chosen += heads[i].choosing.rate() / 10.0;
        judged += heads[i].accuracy.rate() / 10.0;
    }
    EXPECT_GT(chosen, 0.65);  // by luck
    EXPECT_LT(judged, 0.57);
}

}  // namespace
}  // namespace otherwise
