#include "otherwise/coupling/compare.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "otherwise/base/error.h"

// Highway's frame, which each file that is compiled once a target has to write itself.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "otherwise/coupling/compare.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
//
#include "hwy/highway.h"

#ifndef OTHERWISE_COUPLING_COMPARE
#define OTHERWISE_COUPLING_COMPARE
namespace otherwise {

/// The sums that one pass makes. All over the unnormalised weights of the two laws.
struct PassSums {
    double p = 0.0;        // Σ p
    double q = 0.0;        // Σ q
    double either = 0.0;   // Σ max(p, c q)
    double product = 0.0;  // Σ p q
    double cross = 0.0;    // Σ p (logit_p − logit_q)
    bool cut = false;      // some token is possible in p alone
    std::ptrdiff_t top_p = -1;
    std::ptrdiff_t top_q = -1;
};

}  // namespace otherwise
#endif

HWY_BEFORE_NAMESPACE();
namespace otherwise::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using DF = hn::Rebind<float, D>;  // as many floats as a vector holds doubles
using V = hn::Vec<D>;

struct Rows {
    const float* weight_p;
    const float* weight_q;
    const float* logit_p;
    const float* logit_q;
};

class Pass {
public:
    Pass(double c, float peak_p, float peak_q)
        : peak_p_(peak_p), peak_q_(peak_q), c_(hn::Set(D(), c)) {}

    HWY_INLINE void visit(const Rows& at, std::size_t first) {
        const D d;
        const DF df;
        const auto lp = hn::LoadU(df, at.logit_p);
        const auto lq = hn::LoadU(df, at.logit_q);
        const V p = hn::PromoteTo(d, hn::LoadU(df, at.weight_p));
        const V q = hn::PromoteTo(d, hn::LoadU(df, at.weight_q));
        p_ = hn::Add(p_, p);
        q_ = hn::Add(q_, q);
        either_ = hn::Add(either_, hn::Max(p, hn::Mul(c_, q)));
        product_ = hn::Add(product_, hn::Mul(p, q));
        const V gap = hn::Sub(hn::PromoteTo(d, lp), hn::PromoteTo(d, lq));
        cross_ = hn::Add(cross_, hn::IfThenElseZero(hn::Gt(p, hn::Zero(d)), hn::Mul(p, gap)));
        const auto none = hn::Set(df, -std::numeric_limits<float>::infinity());
        if (HWY_UNLIKELY(!hn::AllFalse(df, hn::And(hn::Gt(lp, none), hn::Eq(lq, none))))) {
            cut_ = true;
        }
        if (HWY_UNLIKELY(top_p_ < 0)) {
            top_p_ = find(lp, peak_p_, first);
        }
        if (HWY_UNLIKELY(top_q_ < 0)) {
            top_q_ = find(lq, peak_q_, first);
        }
    }

    [[nodiscard]] PassSums sums() const {
        const D d;
        return {.p = hn::GetLane(hn::SumOfLanes(d, p_)),
                .q = hn::GetLane(hn::SumOfLanes(d, q_)),
                .either = hn::GetLane(hn::SumOfLanes(d, either_)),
                .product = hn::GetLane(hn::SumOfLanes(d, product_)),
                .cross = hn::GetLane(hn::SumOfLanes(d, cross_)),
                .cut = cut_,
                .top_p = top_p_,
                .top_q = top_q_};
    }

private:
    static HWY_INLINE std::ptrdiff_t find(hn::Vec<DF> logits, float peak, std::size_t first) {
        const DF df;
        const auto i = hn::FindFirstTrue(df, hn::Eq(logits, hn::Set(df, peak)));
        return i < 0 ? -1 : static_cast<std::ptrdiff_t>(first) + i;
    }

    float peak_p_;
    float peak_q_;
    V c_;
    V p_ = hn::Zero(D());
    V q_ = hn::Zero(D());
    V either_ = hn::Zero(D());
    V product_ = hn::Zero(D());
    V cross_ = hn::Zero(D());
    bool cut_ = false;
    std::ptrdiff_t top_p_ = -1;
    std::ptrdiff_t top_q_ = -1;
};

/// A law's last, incomplete vector, padded with impossible tokens.
class Padded {
public:
    Padded(std::span<const float> weights, std::span<const float> logits, std::size_t from) {
        const std::size_t n = hn::Lanes(DF());
        std::fill_n(logits_, n, -std::numeric_limits<float>::infinity());
        if (from < logits.size()) {
            const std::size_t count = std::min(n, logits.size() - from);
            std::copy_n(weights.data() + from, count, weights_);
            std::copy_n(logits.data() + from, count, logits_);
        }
    }
    [[nodiscard]] const float* weights() const { return weights_; }
    [[nodiscard]] const float* logits() const { return logits_; }

private:
    float weights_[hn::MaxLanes(DF())] = {};
    float logits_[hn::MaxLanes(DF())] = {};
};

PassSums pass_over(const Law& factual, const Law& world, double c) {
    const std::size_t n = hn::Lanes(DF());
    Rows rows{.weight_p = factual.weights.data(),
              .weight_q = world.weights.data(),
              .logit_p = factual.logits.data(),
              .logit_q = world.logits.data()};
    Pass pass(c, factual.peak, world.peak);
    const std::size_t both = std::min(factual.logits.size(), world.logits.size());
    const std::size_t all = std::max(factual.logits.size(), world.logits.size());
    std::size_t k = 0;
    for (; k + n <= both; k += n) {
        pass.visit(rows, k);
        rows.weight_p += n;
        rows.weight_q += n;
        rows.logit_p += n;
        rows.logit_q += n;
    }
    for (; k < all; k += n) {
        const Padded p(factual.weights, factual.logits, k);
        const Padded q(world.weights, world.logits, k);
        pass.visit({.weight_p = p.weights(),
                    .weight_q = q.weights(),
                    .logit_p = p.logits(),
                    .logit_q = q.logits()},
                   k);
    }
    return pass.sums();
}

}  // namespace otherwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace otherwise {

HWY_EXPORT(pass_over);

namespace {

void require(const Law& factual, const Law& world, Token w) {
    const bool weighted = factual.weights.size() == factual.logits.size() &&
                          world.weights.size() == world.logits.size();
    if (!weighted || !std::isfinite(factual.log_prob(w))) {
        fail({.where = "compare",
              .expected = "an observed token that the factual law can write",
              .came = "token " + std::to_string(w)});
    }
}

}  // namespace

Comparison compare(const Law& factual, const Law& world, Token w) {
    require(factual, world, w);
    constexpr double kLargest = 690.0;  // exp of it, times n_vocab, is finite
    const auto height = [w](const Law& law) {
        return double{law.logits[static_cast<std::size_t>(w)]} - double{law.peak};
    };
    Comparison result;
    result.log_p = factual.log_prob(w);
    result.log_q = world.log_prob(w);
    const bool possible = std::isfinite(result.log_q);
    // p_w / q_w between weights: 1 for equal laws.
    const double c = possible ? std::exp(std::min(kLargest, height(factual) - height(world))) : 1.0;
    const PassSums sums = HWY_DYNAMIC_DISPATCH(pass_over)(factual, world, c);
    const double log_norm_gap =
        (double{factual.peak} - double{world.peak}) + (std::log(sums.p) - std::log(sums.q));
    result.stay = possible ? sums.p / sums.either : 0.0;
    result.same_draw = sums.product / (sums.p * sums.q);
    result.kl = sums.cut ? std::numeric_limits<double>::infinity()
                         : std::max(0.0, sums.cross / sums.p - log_norm_gap);
    result.top_p = static_cast<Token>(sums.top_p);
    result.top_q = static_cast<Token>(sums.top_q);
    return result;
}

}  // namespace otherwise
#endif  // HWY_ONCE
