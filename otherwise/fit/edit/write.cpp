#include "otherwise/fit/edit/write.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr float kTinyGain = 1e-3F;  // of the largest
constexpr double kAlike = 1e-3;  // of 1 − cos² between keys by C⁻¹: nearer ones are one key

Eigen::VectorXd solved(const KeySolver& solver, std::span<const float> key) {
    const std::vector<double> x(key.begin(), key.end());
    const auto y = solver.solve(x);
    return Eigen::Map<const Eigen::VectorXd>(y.data(), static_cast<Eigen::Index>(y.size()));
}

Eigen::VectorXd vector_of(std::span<const float> values) {
    return Eigen::Map<const Eigen::VectorXf>(values.data(),
                                             static_cast<Eigen::Index>(values.size()))
        .cast<double>();
}

void append(std::vector<float>& to, const Eigen::VectorXd& values) {
    for (const double value : values) {
        to.push_back(static_cast<float>(value));
    }
}

}  // namespace

void FactKeys::add_prefixed(std::span<const float> key) {
    prefixed.resize(key.size(), 0.0F);
    ++n_prefixed;
    for (std::size_t i = 0; i < key.size(); ++i) {
        prefixed[i] += (key[i] - prefixed[i]) / static_cast<float>(n_prefixed);
    }
}

std::vector<float> FactKeys::mean() const {
    auto mean = bare;
    for (std::size_t i = 0; i < prefixed.size(); ++i) {
        mean[i] = std::midpoint(mean[i], prefixed[i]);
    }
    return mean;
}

LowRankEdit rome_update(int layer, const KeySolver& solver, const FactKeys& keys,
                        std::span<const float> delta) {
    const bool both = !keys.prefixed.empty();
    Eigen::MatrixXd k(static_cast<Eigen::Index>(keys.bare.size()), both ? 2 : 1);
    Eigen::MatrixXd u(k.rows(), k.cols());
    for (Eigen::Index i = 0; i < k.cols(); ++i) {
        const auto& key = i == 0 ? keys.bare : keys.prefixed;
        k.col(i) = vector_of(key);
        u.col(i) = solved(solver, key);
    }
    Eigen::MatrixXd gram = k.transpose() * u;
    if (!(gram.diagonal().minCoeff() > 0.0)) {
        fail({.where = "rome_update",
              .expected = "a key that is not zero",
              .came = "layer " + std::to_string(layer)});
    }
    if (both && gram(0, 1) * gram(0, 1) > (1.0 - kAlike) * gram(0, 0) * gram(1, 1)) {
        gram.diagonal() *= 1.0 + kAlike;
    }
    const Eigen::VectorXd shares = gram.ldlt().solve(Eigen::VectorXd::Ones(k.cols()));
    LowRankEdit edit{.layer = layer, .rank = 1, .write = {delta.begin(), delta.end()}};
    append(edit.read, u * shares);
    return edit;
}

LowRankEdit memit_update(int layer, const KeySolver& solver,
                         const std::vector<std::vector<float>>& keys,
                         const std::vector<std::vector<float>>& residuals, double weight) {
    const auto n = static_cast<Eigen::Index>(keys.size());
    const auto inner = static_cast<Eigen::Index>(keys.front().size());
    Eigen::MatrixXd k(inner, n);
    Eigen::MatrixXd u(inner, n);
    for (Eigen::Index i = 0; i < n; ++i) {
        k.col(i) = vector_of(keys[static_cast<std::size_t>(i)]);
        u.col(i) = solved(solver, keys[static_cast<std::size_t>(i)]);
    }
    Eigen::MatrixXd gram = k.transpose() * u;
    gram.diagonal().array() += weight;
    const Eigen::MatrixXd read = gram.ldlt().solve(u.transpose());
    LowRankEdit edit{.layer = layer, .rank = static_cast<int>(n)};
    for (Eigen::Index i = 0; i < n; ++i) {
        append(edit.read, read.row(i));
        const auto& residual = residuals[static_cast<std::size_t>(i)];
        edit.write.insert(edit.write.end(), residual.begin(), residual.end());
    }
    return edit;
}

std::vector<float> before_norm(std::span<const float> x, std::span<const float> g,
                               std::span<const float> residual, float epsilon) {
    double square = epsilon;
    float most = 0.0F;
    for (std::size_t i = 0; i < x.size(); ++i) {
        square += static_cast<double>(x[i]) * x[i] / static_cast<double>(x.size());
        most = std::max(most, std::abs(g[i]));
    }
    const double rms = std::sqrt(square);
    std::vector<float> add(x.size(), 0.0F);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (std::abs(g[i]) > kTinyGain * most) {
            add[i] = static_cast<float>(rms * residual[i] / g[i]);  // x + add = rms (y + r) / g
        }
    }
    return add;
}

}  // namespace otherwise
