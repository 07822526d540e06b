#include "otherwise/fit/methods/logistic.h"

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <cmath>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr int kMostSteps = 100;
constexpr int kMostHalvings = 40;
constexpr double kTolerance = 1e-10;  // of the gradient, relative to C Σ a_i

/// log(1 + exp(−z)), without overflow.
double log_loss(double z) {
    return z > 0.0 ? std::log1p(std::exp(-z)) : -z + std::log1p(std::exp(z));
}

/// The problem in at most n dimensions: z [m, n] with a last row of ones for the intercept.
struct Problem {
    Eigen::MatrixXd z;
    Eigen::VectorXd sign;
    Eigen::VectorXd weight;  // C a_i

    [[nodiscard]] double value(const Eigen::VectorXd& w) const {
        const Eigen::VectorXd margins = sign.cwiseProduct(z.transpose() * w);
        return weight.dot(margins.unaryExpr(&log_loss)) + 0.5 * w.head(w.size() - 1).squaredNorm();
    }

    /// One Newton step from w; false when w is the optimum.
    bool step(Eigen::VectorXd& w) const {
        const auto last = w.size() - 1;
        const Eigen::VectorXd margins = sign.cwiseProduct(z.transpose() * w);
        const Eigen::VectorXd wrong =
            margins.unaryExpr([](double m) { return 1.0 / (1.0 + std::exp(m)); });
        const Eigen::VectorXd pull = weight.cwiseProduct(wrong);
        Eigen::VectorXd gradient = -z * sign.cwiseProduct(pull);
        gradient.head(last) += w.head(last);
        if (gradient.lpNorm<Eigen::Infinity>() <= kTolerance * weight.sum()) {
            return false;
        }
        const Eigen::VectorXd curve = pull.cwiseProduct(Eigen::VectorXd(1.0 - wrong.array()));
        Eigen::MatrixXd hessian = z * curve.asDiagonal() * z.transpose();
        hessian.diagonal().head(last).array() += 1.0;
        hessian(last, last) += 1e-12;  // all sure: the intercept alone has no curvature left
        return descend(w, hessian.ldlt().solve(gradient));
    }

    /// Halves the step until the value falls.
    bool descend(Eigen::VectorXd& w, Eigen::VectorXd step) const {
        const double before = value(w);
        for (int i = 0; i < kMostHalvings; ++i) {
            const Eigen::VectorXd next = w - step;
            if (value(next) < before) {
                w = next;
                return true;
            }
            step *= 0.5;
        }
        return false;  // as far as rounding goes
    }
};

void require_both(const Eigen::VectorXd& sign) {
    if (sign.size() == 0 || sign.minCoeff() == sign.maxCoeff()) {
        fail({.where = "fit_probe",
              .expected = "rows of two classes",
              .came = std::to_string(sign.size()) + " rows of one"});
    }
}

Problem problem_of(const Eigen::MatrixXd& rows, std::span<const std::uint8_t> first,
                   const ProbeOptions& options) {
    Problem problem{.z = Eigen::MatrixXd(rows.rows() + 1, rows.cols()),
                    .sign = Eigen::VectorXd(rows.cols()),
                    .weight = Eigen::VectorXd::Constant(rows.cols(), options.c)};
    problem.z.topRows(rows.rows()) = rows;
    problem.z.bottomRows(1).setOnes();
    for (Eigen::Index i = 0; i < rows.cols(); ++i) {
        problem.sign(i) = first[static_cast<std::size_t>(i)] != 0 ? 1.0 : -1.0;
    }
    require_both(problem.sign);
    if (options.balanced) {
        const auto n = static_cast<double>(rows.cols());
        const double n_first = (problem.sign.array() > 0.0).cast<double>().sum();
        problem.weight.array() *=
            (problem.sign.array() > 0.0)
                .select(Eigen::ArrayXd::Constant(rows.cols(), n / (2.0 * n_first)),
                        n / (2.0 * (n - n_first)));
    }
    return problem;
}

}  // namespace

Eigen::VectorXd LinearProbe::scores(const Eigen::MatrixXd& x) const {
    return (x.transpose() * weight).array() + intercept;
}

LinearProbe fit_probe(const Eigen::MatrixXd& x, std::span<const std::uint8_t> first,
                      const ProbeOptions& options) {
    const auto d = x.rows();
    const auto n = x.cols();
    Eigen::MatrixXd basis;  // [d, n], orthonormal columns whose span holds the rows
    if (n < d) {
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(x);
        basis = qr.householderQ() * Eigen::MatrixXd::Identity(d, n);
    }
    const auto problem =
        problem_of(n < d ? Eigen::MatrixXd(basis.transpose() * x) : x, first, options);
    Eigen::VectorXd w = Eigen::VectorXd::Zero(problem.z.rows());
    for (int i = 0; i < kMostSteps && problem.step(w); ++i) {
    }
    const Eigen::VectorXd inner = w.head(w.size() - 1);
    return {.weight = n < d ? Eigen::VectorXd(basis * inner) : inner, .intercept = w(w.size() - 1)};
}

Probes::Probes(const Eigen::MatrixXd& x, std::span<const int> classes, int n_classes)
    : mean_(x.rowwise().mean()) {
    const Eigen::MatrixXd centred = x.colwise() - mean_;
    constexpr double kRounding = 1e-6;
    const double size = x.squaredNorm() / static_cast<double>(x.size());
    const Eigen::ArrayXd variance =
        centred.rowwise().squaredNorm().array() / static_cast<double>(x.cols());
    const Eigen::ArrayXd noise = kRounding * kRounding * (mean_.array().square() + size);
    scale_ = (variance > noise).select(variance.rsqrt(), 0.0);
    const Eigen::MatrixXd z = standard(x);
    for (int k = 0; k < n_classes; ++k) {
        std::vector<std::uint8_t> first;
        first.reserve(classes.size());
        for (const int one : classes) {
            first.push_back(one == k ? 1 : 0);
        }
        probes_.push_back(fit_probe(z, first, {.balanced = true}));
        if (n_classes == 2) {
            break;
        }
    }
}

Eigen::MatrixXd Probes::standard(const Eigen::MatrixXd& x) const {
    return scale_.asDiagonal() * (x.colwise() - mean_);
}

std::vector<int> Probes::classify(const Eigen::MatrixXd& x) const {
    const Eigen::MatrixXd z = standard(x);
    std::vector<int> classes(static_cast<std::size_t>(x.cols()), probes_.size() == 1 ? 1 : 0);
    Eigen::VectorXd best = Eigen::VectorXd::Zero(x.cols());
    for (std::size_t k = 0; k < probes_.size(); ++k) {
        const auto scores = probes_[k].scores(z);
        for (Eigen::Index i = 0; i < x.cols(); ++i) {
            if ((k == 0 && probes_.size() > 1) || scores(i) > best(i)) {
                best(i) = scores(i);
                classes[static_cast<std::size_t>(i)] = static_cast<int>(k);
            }
        }
    }
    return classes;
}

}  // namespace otherwise
