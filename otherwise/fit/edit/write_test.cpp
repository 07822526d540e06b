// Updates of a layer. Covers also: key_solver.cpp.
#include "otherwise/fit/edit/write.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <random>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

constexpr int kInner = 12;
constexpr int kWidth = 5;

std::vector<float> random_vector(std::mt19937& random, int n) {
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<std::size_t>(n));
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    return values;
}

/// A covariance of random keys, and the same as a matrix.
struct Moment {
    explicit Moment(std::mt19937& random, int width = kInner, double damping = 0.0)
        : matrix(Eigen::MatrixXd::Zero(width, width)) {
        for (int i = 0; i < 4 * width; ++i) {
            const auto key = random_vector(random, width);
            const Eigen::VectorXd x =
                Eigen::Map<const Eigen::VectorXf>(key.data(), width).cast<double>();
            matrix += x * x.transpose() / (4.0 * width);
        }
        covariance = {.layer = 0, .width = width, .keys = 4L * width};
        for (int row = 0; row < width; ++row) {
            for (int column = 0; column <= row; ++column) {
                covariance.lower.push_back(static_cast<float>(matrix(row, column)));
            }
        }
        matrix.diagonal().array() += damping * matrix.diagonal().mean();
    }
    Eigen::MatrixXd matrix;
    KeyCovariance covariance;
};

Eigen::VectorXd as_vector(const std::vector<float>& values) {
    return Eigen::Map<const Eigen::VectorXf>(values.data(),
                                             static_cast<Eigen::Index>(values.size()))
        .cast<double>();
}

/// ΔW, [width, inner].
Eigen::MatrixXd product(const LowRankEdit& edit) {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(kWidth, kInner);
    for (int r = 0; r < edit.rank; ++r) {
        const std::vector<float> read(edit.read.begin() + r * kInner,
                                      edit.read.begin() + (r + 1) * kInner);
        const std::vector<float> write(edit.write.begin() + r * kWidth,
                                       edit.write.begin() + (r + 1) * kWidth);
        sum += as_vector(write) * as_vector(read).transpose();
    }
    return sum;
}

TEST(KeySolver, SolvesWithDamping) {
    std::mt19937 random(1);
    const Moment moment(random, kInner, 0.1);
    const KeySolver solver(moment.covariance, 0.1);
    const Eigen::VectorXd x = as_vector(random_vector(random, kInner));
    const auto y = solver.solve(std::span(x.data(), kInner));
    const Eigen::VectorXd back =
        moment.matrix * Eigen::Map<const Eigen::VectorXd>(y.data(), kInner);
    EXPECT_LT((back - x).norm(), 1e-5 * x.norm());
    const KeySolver gradients(moment.covariance, 0.1, kInner - 1);
    const auto same = gradients.solve(std::span(x.data(), kInner));
    const Eigen::VectorXd apart = Eigen::Map<const Eigen::VectorXd>(same.data(), kInner) -
                                  Eigen::Map<const Eigen::VectorXd>(y.data(), kInner);
    EXPECT_LT(apart.norm(), 1e-6 * Eigen::Map<const Eigen::VectorXd>(y.data(), kInner).norm());
    EXPECT_GT(apart.norm(), 0.0);  // by another way
    KeyCovariance empty = moment.covariance;
    std::fill(empty.lower.begin(), empty.lower.end(), 0.0F);
    EXPECT_ERROR(KeySolver(empty, 0.1), "keys that are all zero");
    empty.lower[0] = NAN;
    EXPECT_ERROR(KeySolver(empty, 0.1), "not finite");
}

TEST(RomeUpdate, MovesTheKeyAndLittleElse) {
    std::mt19937 random(2);
    const Moment moment(random);
    const KeySolver solver(moment.covariance, 0.0);
    const auto key = random_vector(random, kInner);
    const auto delta = random_vector(random, kWidth);
    const auto change = product(rome_update(3, solver, {.bare = key}, delta));
    EXPECT_LT((change * as_vector(key) - as_vector(delta)).norm(), 1e-5);
    // Of all rank-one changes that move this key so, it moves other keys the least:
    // E|ΔW x|² = tr(ΔW C ΔWᵀ). The control is the change along the key itself.
    const Eigen::VectorXd k = as_vector(key);
    const Eigen::MatrixXd plain = as_vector(delta) * k.transpose() / k.squaredNorm();
    const auto moved = [&](const Eigen::MatrixXd& w) {
        return (w * moment.matrix * w.transpose()).trace();
    };
    EXPECT_LT(moved(change), 0.9 * moved(plain));
    const std::vector<float> zero(kInner, 0.0F);
    EXPECT_ERROR(rome_update(3, solver, {.bare = zero}, delta), "a key that is not zero");
}

TEST(RomeUpdate, GivesTheBareAndThePrefixedKeyOneValue) {
    std::mt19937 random(5);
    const Moment moment(random);
    const KeySolver solver(moment.covariance, 0.0);
    const auto delta = random_vector(random, kWidth);
    FactKeys keys{.bare = random_vector(random, kInner)};
    keys.add_prefixed(random_vector(random, kInner));
    keys.add_prefixed(random_vector(random, kInner));
    auto change = product(rome_update(3, solver, keys, delta));
    const double length = as_vector(delta).norm();
    for (const auto& key : {keys.bare, keys.prefixed}) {
        EXPECT_LT((change * as_vector(key) - as_vector(delta)).norm(), 1e-2 * length);
    }
    // Keys that hardly differ are one: no large change along what they differ by.
    keys.prefixed = keys.bare;
    keys.prefixed[0] += 1e-4F;
    change = product(rome_update(3, solver, keys, delta));
    const auto alone = product(rome_update(3, solver, {.bare = keys.bare}, delta));
    EXPECT_LT((change - alone).norm(), 1e-2 * alone.norm());
}

TEST(RomeUpdate, OfAKeyThatIsFarShorter) {
    std::mt19937 random(6);
    const Moment moment(random);
    const KeySolver solver(moment.covariance, 0.0);
    const auto delta = random_vector(random, kWidth);
    FactKeys keys{.bare = random_vector(random, kInner)};
    keys.add_prefixed(random_vector(random, kInner));
    for (float& value : keys.bare) {
        value *= 1e-3F;
    }
    const auto change = product(rome_update(3, solver, keys, delta));
    for (const auto& key : {keys.bare, keys.prefixed}) {
        EXPECT_LT((change * as_vector(key) - as_vector(delta)).norm(),
                  1e-2 * as_vector(delta).norm());
    }
}

TEST(FactKeys, WeighTheBarePromptOneHalf) {
    FactKeys keys{.bare = {1.0F, 0.0F}};
    EXPECT_EQ(keys.mean(), keys.bare);
    keys.add_prefixed(std::vector{3.0F, 2.0F});
    keys.add_prefixed(std::vector{7.0F, 6.0F});
    EXPECT_EQ(keys.prefixed, (std::vector{5.0F, 4.0F}));
    EXPECT_EQ(keys.mean(), (std::vector{3.0F, 2.0F}));
}

TEST(MemitUpdate, IsTheLeastSquaresOfThePaper) {
    constexpr double kWeight = 0.7;
    std::mt19937 random(3);
    const Moment moment(random);
    const KeySolver solver(moment.covariance, 0.0);
    std::vector<std::vector<float>> keys;
    std::vector<std::vector<float>> residuals;
    Eigen::MatrixXd k(kInner, 3);
    Eigen::MatrixXd r(kWidth, 3);
    for (int i = 0; i < 3; ++i) {
        keys.push_back(random_vector(random, kInner));
        residuals.push_back(random_vector(random, kWidth));
        k.col(i) = as_vector(keys.back());
        r.col(i) = as_vector(residuals.back());
    }
    const auto change = product(memit_update(0, solver, keys, residuals, kWeight));
    const Eigen::MatrixXd expected =
        r * k.transpose() * (kWeight * moment.matrix + k * k.transpose()).inverse();
    EXPECT_LT((change - expected).norm(), 1e-4 * expected.norm());
    const auto other = product(memit_update(0, solver, keys, residuals, 10.0 * kWeight));
    EXPECT_GT((other - expected).norm(), 1e-2 * expected.norm());
}

TEST(BeforeNorm, MovesTheNormsOutput) {
    std::mt19937 random(4);
    const auto x = random_vector(random, kWidth);
    auto gain = random_vector(random, kWidth);
    gain[2] = 0.0F;  // cannot be moved
    std::vector<float> residual(kWidth, 0.0F);
    residual[1] = 1e-3F;
    residual[2] = 1e-3F;
    const auto add = before_norm(x, gain, residual, 0.0F);
    const auto normed = [&](const std::vector<float>& v, std::size_t i) {
        return v[i] * gain[i] / std::sqrt(as_vector(v).squaredNorm() / kWidth);
    };
    auto moved = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
        moved[i] += add[i];
    }
    const double along = normed(x, 1) / gain[1];  // the share that rms(x) takes back
    EXPECT_NEAR(normed(moved, 1) - normed(x, 1), 1e-3 * (1.0 - along * along / kWidth), 2e-5);
    EXPECT_EQ(add[2], 0.0F);
}

}  // namespace
}  // namespace otherwise
