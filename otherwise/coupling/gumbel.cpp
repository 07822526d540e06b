#include "otherwise/coupling/gumbel.h"

#include <hwy/contrib/sort/vqsort.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>

#include "otherwise/base/error.h"
#include "otherwise/coupling/sum.h"

namespace otherwise {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

[[noreturn]] void not_a_law(const char* which) {
    fail({.where = "GumbelCoupling",
          .expected = std::string("logits of a ") + which + " law",
          .came = "NaN, +infinity or no possible token"});
}

struct Scale {
    double peak = -kInfinity;
    double sum = 0.0;  // Σ exp(logit − peak)

    [[nodiscard]] double prob(double logit) const { return std::exp(logit - peak) / sum; }
};

Scale scale_of(std::span<const double> logits, const char* which) {
    Scale scale;
    for (const double logit : logits) {
        if (!(logit < kInfinity)) {
            not_a_law(which);
        }
        scale.peak = std::max(scale.peak, logit);
    }
    if (scale.peak == -kInfinity) {
        not_a_law(which);
    }
    Sum sum;
    for (const double logit : logits) {
        sum.add(std::exp(logit - scale.peak));
    }
    scale.sum = sum.total();
    return scale;
}

double at(std::span<const double> logits, std::size_t k) {
    return k < logits.size() ? logits[k] : -kInfinity;
}

bool before(const hwy::uint128_t& a, const hwy::uint128_t& b) {
    return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

}  // namespace

void double_logits(const Law& law, std::vector<double>& out) {
    out.assign(law.logits.begin(), law.logits.end());
}

void GumbelCoupling::assign(std::span<const double> factual, std::span<const double> world) {
    collect(factual, world);
    sort();
    sweep();
}

void GumbelCoupling::collect(std::span<const double> factual, std::span<const double> world) {
    const Scale p_scale = scale_of(factual, "factual");
    const Scale q_scale = scale_of(world, "world's");
    const std::size_t n = std::max(factual.size(), world.size());
    rank_.assign(n, -1);
    unsorted_.clear();
    for (std::size_t k = 0; k < n; ++k) {
        const double p = p_scale.prob(at(factual, k));
        double q = q_scale.prob(at(world, k));
        const double ratio = q > 0.0 ? p / q : kInfinity;
        if (ratio == kInfinity) {  // a q that small has no weight in any sum
            q = 0.0;
        }
        if (p > 0.0 || q > 0.0) {
            unsorted_.push_back(
                {.ratio = ratio, .p = p, .q = q, .d = 1.0, .token = static_cast<Token>(k)});
        }
    }
}

/// Highway's sort is a dozen times faster than the standard one, and in version 1.0.3 wrong with
/// Arm's vectors of 512 bits (A64FX): then the standard one. It draws its pivots from a generator
/// that goes on from call to call, so keys that are equal come in any order. Ties are common (all
/// that a truncation leaves have one ratio), and sums in another order differ in their last bits:
/// so no two keys are equal.
void GumbelCoupling::sort() {
    make_keys();
    hwy::Sorter()(keys_.data(), keys_.size(), hwy::SortAscending());
    if (!arrange()) {
        make_keys();
        std::ranges::sort(keys_, before);
        arrange();
    }
}

/// Ratios are not negative, so their bits sort as they do; equal ones by token.
void GumbelCoupling::make_keys() {
    keys_.resize(unsorted_.size());
    for (std::size_t i = 0; i < unsorted_.size(); ++i) {
        keys_[i] = {.lo = i, .hi = std::bit_cast<std::uint64_t>(unsorted_[i].ratio)};
    }
}

/// Entries and ranks by the keys; false where these are not all there in ascending order.
bool GumbelCoupling::arrange() {
    std::ranges::fill(rank_, -1);
    entries_.resize(unsorted_.size());
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        const std::uint64_t from = keys_[i].lo;
        if (from >= unsorted_.size() || (i > 0 && !before(keys_[i - 1], keys_[i]))) {
            return false;
        }
        entries_[i] = unsorted_[from];
        std::int32_t& rank = rank_[static_cast<std::size_t>(entries_[i].token)];
        if (rank >= 0) {
            return false;
        }
        rank = static_cast<std::int32_t>(i);
    }
    return true;
}

/// D(ρ_i) = ρ_i Σ_{j ≤ i} q_j + Σ_{j > i} p_j
void GumbelCoupling::sweep() {
    Sum above;  // Σ p of the entries not yet passed
    std::for_each(entries_.rbegin(), entries_.rend(), [&](Entry& entry) {
        entry.d = above.total();
        above.add(entry.p);
    });
    Sum below;
    finite_ = 0;
    for (Entry& entry : entries_) {
        if (entry.ratio == kInfinity) {
            break;
        }
        below.add(entry.q);
        entry.d += entry.ratio * below.total();
        ++finite_;
    }
    finite_q_ = below.total();
}

const GumbelCoupling::Entry& GumbelCoupling::observed(Token w) const {
    const auto k = static_cast<std::size_t>(w);
    if (w < 0 || k >= rank_.size() || rank_[k] < 0 ||
        entries_[static_cast<std::size_t>(rank_[k])].p <= 0.0) {
        fail({.where = "GumbelCoupling",
              .expected = "an observed token that the factual law can write",
              .came = "token " + std::to_string(w)});
    }
    return entries_[static_cast<std::size_t>(rank_[k])];
}

double GumbelCoupling::stay(Token w) const {
    const Entry& entry = observed(w);
    if (entry.q <= 0.0) {
        return 0.0;
    }
    const bool equal = entries_.front().ratio == entries_.back().ratio;
    return equal ? 1.0 : std::min(1.0, 1.0 / entry.d);
}

void GumbelCoupling::law(Token w, std::vector<double>& law) const {
    const Entry& start = observed(w);
    law.assign(rank_.size(), 0.0);
    law[static_cast<std::size_t>(w)] = stay(w);
    Sum integral;  // ∫ dr / D² from the entry's ρ up to ρ_w
    auto i = std::min(static_cast<std::size_t>(&start - entries_.data()), finite_);
    if (i == finite_) {
        if (finite_ == 0) {
            return;
        }
        --i;  // the piece up to infinity
        integral.add(1.0 / (finite_q_ * entries_[i].d));
        law[static_cast<std::size_t>(entries_[i].token)] = entries_[i].q * integral.total();
    }
    for (; i > 0; --i) {
        const Entry& high = entries_[i];
        const Entry& low = entries_[i - 1];
        integral.add((high.ratio - low.ratio) / high.d / low.d);
        law[static_cast<std::size_t>(low.token)] = low.q * integral.total();
    }
}

double GumbelCoupling::agreement() const {
    if (entries_.front().ratio == entries_.back().ratio) {
        return entries_.front().ratio < kInfinity && entries_.front().ratio > 0.0 ? 1.0 : 0.0;
    }
    Sum sum;
    for (std::size_t i = 0; i < finite_; ++i) {
        sum.add(entries_[i].p / entries_[i].d);
    }
    return std::min(1.0, sum.total());
}

double GumbelCoupling::p(Token k) const {
    const auto i = rank_.at(static_cast<std::size_t>(k));
    return i < 0 ? 0.0 : entries_[static_cast<std::size_t>(i)].p;
}

double GumbelCoupling::q(Token k) const {
    const auto i = rank_.at(static_cast<std::size_t>(k));
    return i < 0 ? 0.0 : entries_[static_cast<std::size_t>(i)].q;
}

}  // namespace otherwise
