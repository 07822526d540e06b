#include "otherwise/coupling/stay.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "otherwise/base/error.h"

// Highway's frame, which each file that is compiled once a target has to write itself.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "otherwise/coupling/stay.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
//
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

#ifndef OTHERWISE_COUPLING_STAY
#define OTHERWISE_COUPLING_STAY
namespace otherwise {

/// A row of either precision.
struct StayRow {
    StayRow(std::span<const double> row) : size(row.size()), wide(row.data()) {}
    StayRow(std::span<const float> row) : size(row.size()), narrow(row.data()) {}

    [[nodiscard]] double operator[](std::size_t k) const {
        return narrow != nullptr ? double{narrow[k]} : wide[k];
    }

    std::size_t size;
    const double* wide = nullptr;
    const float* narrow = nullptr;
};

/// Sums over weights of the laws' own sizes.
struct WeightSums {
    double p = 0.0;        // Σ p
    double q = 0.0;        // Σ q
    double either = 0.0;   // Σ max(a p, b q)
    bool sensible = true;  // none is negative or NaN
};

}  // namespace otherwise
#endif

HWY_BEFORE_NAMESPACE();
namespace otherwise::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;

using DF = hn::Rebind<float, D>;  // as many floats as a vector holds doubles

/// Numbers [k, k + lanes) of a row; `rest` beyond its end.
HWY_INLINE V load(const StayRow& row, std::size_t k, double rest) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    if (HWY_LIKELY(k + n <= row.size)) {
        return row.narrow != nullptr ? hn::PromoteTo(d, hn::LoadU(DF(), row.narrow + k))
                                     : hn::LoadU(d, row.wide + k);
    }
    HWY_ALIGN double padded[hn::MaxLanes(D())];
    std::fill_n(padded, n, rest);
    for (std::size_t i = 0; k + i < row.size; ++i) {
        padded[i] = row[k + i];
    }
    return hn::Load(d, padded);
}

/// The largest logit; NaN where one is NaN or +inf.
double peak_of(const StayRow& logits) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const D d;
    const V infinity = hn::Set(d, kInfinity);
    V peak = hn::Set(d, -kInfinity);
    auto below = hn::Lt(peak, infinity);
    for (std::size_t k = 0; k < logits.size; k += hn::Lanes(d)) {
        const V logit = load(logits, k, -kInfinity);
        below = hn::And(below, hn::Lt(logit, infinity));
        peak = hn::Max(peak, logit);
    }
    if (!hn::AllTrue(d, below)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return hn::GetLane(hn::MaxOfLanes(d, peak));
}

/// exp of what is at most 0. Below −700 it is 0 to any use: beside 1.
HWY_INLINE V weight(V x) {
    const D d;
    const V floor = hn::Set(d, -700.0);
    return hn::IfThenElseZero(hn::Gt(x, floor), hn::Exp(d, hn::Max(x, floor)));
}

/// Σ exp(logit − peak)
double sum_of_weights(const StayRow& logits, double peak) {
    const D d;
    const V top = hn::Set(d, peak);
    V sum = hn::Zero(d);
    for (std::size_t k = 0; k < logits.size; k += hn::Lanes(d)) {
        const V logit = load(logits, k, -std::numeric_limits<double>::infinity());
        sum = hn::Add(sum, weight(hn::Sub(logit, top)));
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

/// Σ exp(max(a − a_w, b − b_w) − peak)
double sum_of_either(const StayRow& a, double a_w, const StayRow& b, double b_w, double peak) {
    constexpr double kNone = -std::numeric_limits<double>::infinity();
    const D d;
    const V from_a = hn::Set(d, a_w);
    const V from_b = hn::Set(d, b_w);
    const V top = hn::Set(d, peak);
    V sum = hn::Zero(d);
    const std::size_t size = std::max(a.size, b.size);
    for (std::size_t k = 0; k < size; k += hn::Lanes(d)) {
        const V either =
            hn::Max(hn::Sub(load(a, k, kNone), from_a), hn::Sub(load(b, k, kNone), from_b));
        sum = hn::Add(sum, weight(hn::Sub(either, top)));
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

WeightSums weight_sums(const StayRow& p, double a, const StayRow& q, double b) {
    const D d;
    const V factor_p = hn::Set(d, a);
    const V factor_q = hn::Set(d, b);
    const V zero = hn::Zero(d);
    V sum_p = zero;
    V sum_q = zero;
    V either = zero;
    auto fine = hn::Eq(zero, zero);
    const std::size_t size = std::max(p.size, q.size);
    for (std::size_t k = 0; k < size; k += hn::Lanes(d)) {
        const V at_p = load(p, k, 0.0);
        const V at_q = load(q, k, 0.0);
        fine = hn::And(fine, hn::And(hn::Ge(at_p, zero), hn::Ge(at_q, zero)));
        sum_p = hn::Add(sum_p, at_p);
        sum_q = hn::Add(sum_q, at_q);
        either = hn::Add(either, hn::Max(hn::Mul(factor_p, at_p), hn::Mul(factor_q, at_q)));
    }
    return {.p = hn::GetLane(hn::SumOfLanes(d, sum_p)),
            .q = hn::GetLane(hn::SumOfLanes(d, sum_q)),
            .either = hn::GetLane(hn::SumOfLanes(d, either)),
            .sensible = hn::AllTrue(d, fine)};
}

}  // namespace otherwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace otherwise {

HWY_EXPORT(peak_of);
HWY_EXPORT(sum_of_weights);
HWY_EXPORT(sum_of_either);
HWY_EXPORT(weight_sums);

namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

double at(const StayRow& row, Token w, double rest) {
    const auto k = static_cast<std::size_t>(w);
    return w >= 0 && k < row.size ? row[k] : rest;
}

double require_peak(const StayRow& logits, const char* which) {
    const double peak = HWY_DYNAMIC_DISPATCH(peak_of)(logits);
    if (!(peak > kNone)) {
        fail({.where = "stay_of_logits",
              .expected = std::string("logits of a ") + which + " law",
              .came = "NaN, +infinity or no possible token"});
    }
    return peak;
}

[[noreturn]] void impossible(Token w) {
    fail({.where = "stay",
          .expected = "an observed token that the factual law can write",
          .came = "token " + std::to_string(w)});
}

double logit_stay(const StayRow& factual, const StayRow& world, Token w) {
    const double p_peak = require_peak(factual, "factual");
    const double q_peak = require_peak(world, "world's");
    const double p_w = at(factual, w, kNone);
    const double q_w = at(world, w, kNone);
    if (p_w == kNone) {
        impossible(w);
    }
    if (q_w == kNone) {
        return 0.0;
    }
    const double peak = std::max(p_peak - p_w, q_peak - q_w);
    const double both = HWY_DYNAMIC_DISPATCH(sum_of_either)(factual, p_w, world, q_w, peak);
    const double own = HWY_DYNAMIC_DISPATCH(sum_of_weights)(factual, p_peak);
    return std::min(1.0, std::exp((p_peak - p_w) - peak) * (own / both));
}

double probability_stay(const StayRow& factual, const StayRow& world, Token w) {
    const double p_w = at(factual, w, 0.0);
    const double q_w = at(world, w, 0.0);
    // The larger of the two divides, so that nothing overflows.
    const double larger = std::max(p_w, q_w);
    const double a = larger > 0.0 ? q_w / larger : 0.0;
    const double b = larger > 0.0 ? p_w / larger : 0.0;
    const WeightSums sums = HWY_DYNAMIC_DISPATCH(weight_sums)(factual, a, world, b);
    constexpr double kSlack = 1e-3;
    const auto far = [](double sum) { return !(std::abs(sum - 1.0) <= kSlack); };
    if (!sums.sensible || far(sums.p) || far(sums.q)) {
        fail({.where = "stay_of_probabilities",
              .expected = "probabilities of two laws, each summing to 1",
              .came = "NaN, a negative number or another sum"});
    }
    if (p_w <= 0.0) {
        impossible(w);
    }
    return q_w <= 0.0 ? 0.0 : std::min(1.0, a * sums.p / sums.either);
}

}  // namespace

double log_sum_exp(std::span<const double> logits) {
    const double peak = require_peak(logits, "factual");
    return peak + std::log(HWY_DYNAMIC_DISPATCH(sum_of_weights)(logits, peak));
}

double stay_of_logits(std::span<const double> factual, std::span<const double> world, Token w) {
    return logit_stay(factual, world, w);
}

double stay_of_logits(std::span<const float> factual, std::span<const float> world, Token w) {
    return logit_stay(factual, world, w);
}

double stay_of_probabilities(std::span<const double> factual, std::span<const double> world,
                             Token w) {
    return probability_stay(factual, world, w);
}

double stay_of_probabilities(std::span<const float> factual, std::span<const float> world,
                             Token w) {
    return probability_stay(factual, world, w);
}

}  // namespace otherwise
#endif  // HWY_ONCE
