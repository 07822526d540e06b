#include "otherwise/fit/states/moments.h"

#include <algorithm>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr Eigen::Index kBlock = 128;
constexpr long kRowsPerDimension = 10;

}  // namespace

Moments::Moments(int width, bool covariance)
    : with_covariance_(covariance),
      shift_(Eigen::VectorXd::Zero(width)),
      sum_(Eigen::VectorXd::Zero(width)),
      cubic_(Eigen::VectorXd::Zero(width)) {
    if (covariance) {
        outer_ = Eigen::MatrixXd::Zero(width, width);
        block_ = Eigen::MatrixXd::Zero(width, kBlock);
    }
}

void Moments::set_shift(const Eigen::VectorXd& shift) {
    if (n_ > 0 || shift.size() != shift_.size()) {
        misuse({.where = "Moments::set_shift",
                .expected = "a shift of width " + std::to_string(width()) + " before any row",
                .came = "width " + std::to_string(shift.size())});
    }
    shift_ = shift;
    shifted_ = true;
}

void Moments::flush() const {
    if (waiting_ > 0) {
        outer_.selfadjointView<Eigen::Lower>().rankUpdate(block_.leftCols(waiting_));
        waiting_ = 0;
    }
}

void Moments::add(std::span<const float> rows) {
    const auto d = static_cast<std::size_t>(width());
    for (; rows.size() >= d; rows = rows.subspan(d)) {
        const auto x = Eigen::Map<const Eigen::VectorXf>(rows.data(), shift_.size()).cast<double>();
        if (!shifted_) {
            set_shift(x);
        }
        const Eigen::VectorXd y = x - shift_;
        const double square = y.squaredNorm();
        ++n_;
        sum_ += y;
        squares_ += square;
        quartic_ += square * square;
        cubic_ += square * y;
        if (with_covariance_) {
            block_.col(waiting_++) = y;
            if (waiting_ == kBlock) {
                flush();
            }
        }
    }
}

Eigen::VectorXd Moments::mean() const {
    return n_ == 0 ? shift_ : Eigen::VectorXd(shift_ + sum_ / static_cast<double>(n_));
}

Eigen::MatrixXd Moments::covariance() const {
    if (!with_covariance_ || n_ == 0) {
        misuse({.where = "Moments::covariance",
                .expected = "rows, and to be asked for a covariance",
                .came = std::to_string(n_) + " rows"});
    }
    flush();
    const auto n = static_cast<double>(n_);
    const Eigen::VectorXd m = sum_ / n;
    const Eigen::MatrixXd full = outer_.selfadjointView<Eigen::Lower>();
    return full / n - m * m.transpose();
}

double Moments::fourth() const {
    flush();
    const auto n = static_cast<double>(n_);
    const Eigen::VectorXd m = sum_ / n;
    const double mm = m.squaredNorm();
    const double mixed = m.dot(outer_.selfadjointView<Eigen::Lower>() * m);
    return (quartic_ + 4.0 * mixed + n * mm * mm - 4.0 * m.dot(cubic_) + 2.0 * mm * squares_ -
            4.0 * mm * m.dot(sum_)) /
           n;
}

Moments Moments::merged(const Moments& a, const Moments& b) {
    if (a.shift_ != b.shift_ || a.with_covariance_ != b.with_covariance_) {
        misuse({.where = "Moments::merged",
                .expected = "moments about the same shift",
                .came = "different ones"});
    }
    a.flush();
    b.flush();
    Moments sum = a;
    sum.n_ += b.n_;
    sum.sum_ += b.sum_;
    sum.cubic_ += b.cubic_;
    sum.squares_ += b.squares_;
    sum.quartic_ += b.quartic_;
    sum.outer_ += b.outer_;
    return sum;
}

std::size_t Moments::bytes(int width, bool covariance) {
    const auto d = static_cast<std::size_t>(width);
    return sizeof(double) * (covariance ? d * (d + kBlock + 3) : 3 * d);
}

Shrunk shrink(const Moments& moments) {
    if (moments.n() < 2) {
        fail({.where = "shrink",
              .expected = "at least two rows",
              .came = std::to_string(moments.n()),
              .advice = "give more texts"});
    }
    Shrunk shrunk{.covariance = moments.covariance()};
    const auto d = static_cast<double>(moments.width());
    const double mean_variance = shrunk.covariance.trace() / d;
    const double norm = shrunk.covariance.squaredNorm();
    const double spread = (norm - d * mean_variance * mean_variance) / d;
    const double noise =
        std::min(spread, (moments.fourth() - norm) / (static_cast<double>(moments.n()) * d));
    shrunk.shrinkage = spread > 0.0 ? std::max(0.0, noise / spread) : 0.0;
    shrunk.covariance *= 1.0 - shrunk.shrinkage;
    shrunk.covariance.diagonal().array() += shrunk.shrinkage * mean_variance;
    return shrunk;
}

Shrunk covariance_for_fit(const Moments& moments) {
    if (moments.n() >= kRowsPerDimension * moments.width()) {
        return {.covariance = moments.covariance()};
    }
    return shrink(moments);
}

}  // namespace otherwise
