// needs: llama
#include "otherwise/fit/states/gather.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/models.h"

namespace otherwise {
namespace {

TEST(HeldOut, IsItsShareOfTheTwos) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < 20; ++i) {
        if (is_held_out(i, 0.2)) {
            out.push_back(i);
        }
    }
    EXPECT_EQ(out, (std::vector<std::size_t>{8, 9, 18, 19}));
    EXPECT_EQ(n_held_out(20, 0.2), 4U);
    EXPECT_EQ(n_held_out(19, 0.2), 3U);
    EXPECT_EQ(n_held_out(20, 0.5), 10U);
    EXPECT_EQ(n_held_out(20, 0.0), 0U);
    EXPECT_EQ(n_held_out(200, 0.35), 70U);
}

/// Rows of each text at one node, as they are read.
std::vector<Eigen::MatrixXf> rows_of(const std::shared_ptr<const Model>& model,
                                     const std::vector<Tokens>& texts, const std::string& node,
                                     int width) {
    std::vector<Eigen::MatrixXf> rows;
    for (const auto& text : texts) {
        rows.emplace_back(width, text.size());
    }
    ReadStatesOptions options;
    options.nodes = {node};
    options.threads = 2;
    options.on_states = [&](const TextStates& states) {
        const auto n = static_cast<Eigen::Index>(states.values.size()) / width;
        rows[states.text].middleCols(states.first, n) =
            Eigen::Map<const Eigen::MatrixXf>(states.values.data(), width, n);
    };
    EXPECT_TRUE(read_states(model, texts, options));
    return rows;
}

class Gathered : public testing::TestWithParam<Pooling> {
protected:
    static constexpr int kWidth = 576;
    static constexpr const char* kNode = "l_out-4";

    static std::vector<Tokens> texts(int start) {
        std::vector<Tokens> texts;
        for (const int length : {5, 70, 1, 64, 3, 2, 9, 12, 130, 6}) {  // some in several reads
            Tokens& tokens = texts.emplace_back();
            for (int i = 0; i < length; ++i) {
                tokens.push_back((start + length * 31 + i * 7919) % 40000 + 20);
            }
        }
        return texts;
    }

    static Eigen::MatrixXd taken(const Eigen::MatrixXf& rows, Pooling pooling) {
        const auto n = rows.cols();
        if (pooling == Pooling::last || n == 1) {
            return rows.rightCols(1).cast<double>();
        }
        return rows.rightCols(n - 1).cast<double>();
    }
};

TEST_P(Gathered, IsWhatThePoolingTakesOfTheTextsThatAreNotHeldOut) {
    const auto model = Model::load(test::derived_model("Q8_0"));
    const std::array classes = {texts(0), texts(17)};
    GatherOptions options;
    options.nodes = {kNode};
    options.width = kWidth;
    options.pooling = GetParam();
    options.covariance = true;
    options.held_out = 0.5;
    options.threads = 2;
    const auto node = gather(model, classes, options).at(0);
    for (std::size_t k = 0; k < classes.size(); ++k) {
        const auto rows = rows_of(model, classes[k], kNode, kWidth);
        Eigen::MatrixXd all(kWidth, 0);
        std::array<Eigen::Index, 2> column = {0, 0};
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto part = taken(rows[i], GetParam());
            const bool out = i / 2 % 2 == 1;
            const auto& states = out ? node.held_out[k] : node.fitted[k];
            const Eigen::VectorXd pooled = part.rowwise().mean();
            const Eigen::VectorXd got = states.col(column.at(out ? 1 : 0)++).cast<double>();
            EXPECT_LT((got - pooled).norm(), 1e-5 * pooled.norm()) << k << " " << i;
            if (!out) {
                const Eigen::MatrixXd& add =
                    GetParam() == Pooling::every ? part : Eigen::MatrixXd(pooled);
                all.conservativeResize(Eigen::NoChange, all.cols() + add.cols());
                all.rightCols(add.cols()) = add;
            }
        }
        EXPECT_EQ(node.fitted[k].cols(), column[0]);
        EXPECT_EQ(node.held_out[k].cols(), column[1]);
        EXPECT_EQ(node.moments[k].n(), all.cols());
        const Eigen::VectorXd mean = all.rowwise().mean();
        EXPECT_LT((node.moments[k].mean() - mean).norm(), 1e-5 * mean.norm());
    }
}

INSTANTIATE_TEST_SUITE_P(Poolings, Gathered,
                         testing::Values(Pooling::last, Pooling::mean, Pooling::every));

}  // namespace
}  // namespace otherwise
