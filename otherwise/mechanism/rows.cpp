#include "otherwise/mechanism/rows.h"

#include <algorithm>
#include <cfloat>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "otherwise/mechanism/rows.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
//
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace otherwise::rows::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

/// The last, incomplete vector of a row, padded with −inf.
HWY_INLINE V load_rest(std::span<const float> row, std::size_t from) {
    HWY_ALIGN float padded[hn::MaxLanes(D())];
    std::fill_n(padded, hn::Lanes(D()), -std::numeric_limits<float>::infinity());
    std::copy(row.begin() + static_cast<std::ptrdiff_t>(from), row.end(), padded);
    return hn::Load(D(), padded);
}

HWY_INLINE void store_rest(V v, std::span<float> row, std::size_t from) {
    HWY_ALIGN float padded[hn::MaxLanes(D())];
    hn::Store(v, D(), padded);
    std::copy_n(padded, row.size() - from, row.data() + from);
}

Peak find_peak(std::span<const float> logits) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    const V largest = hn::Set(d, FLT_MAX);
    V even = hn::Set(d, -std::numeric_limits<float>::infinity());
    V odd = even;
    auto sensible = hn::Le(even, largest);
    std::size_t i = 0;
    for (; i + 2 * n <= logits.size(); i += 2 * n) {
        const V a = hn::LoadU(d, logits.data() + i);
        const V b = hn::LoadU(d, logits.data() + i + n);
        sensible = hn::And(sensible, hn::And(hn::Le(a, largest), hn::Le(b, largest)));
        even = hn::Max(even, a);
        odd = hn::Max(odd, b);
    }
    for (; i < logits.size(); i += n) {
        const bool whole = i + n <= logits.size();
        const V a = whole ? hn::LoadU(d, logits.data() + i) : load_rest(logits, i);
        sensible = hn::And(sensible, hn::Le(a, largest));
        even = hn::Max(even, a);
    }
    return {.value = hn::GetLane(hn::MaxOfLanes(d, hn::Max(even, odd))),
            .sensible = hn::AllTrue(d, sensible)};
}

/// Kahan's sum in each lane.
class Sum {
public:
    Sum() : sum_(hn::Zero(D())), lost_(hn::Zero(D())) {}
    HWY_INLINE void add(V x) {
        const V y = hn::Sub(x, lost_);
        const V t = hn::Add(sum_, y);
        lost_ = hn::Sub(hn::Sub(t, sum_), y);
        sum_ = t;
    }
    [[nodiscard]] double total() const {
        const D d;
        HWY_ALIGN float sums[hn::MaxLanes(D())];
        HWY_ALIGN float losses[hn::MaxLanes(D())];
        hn::Store(sum_, d, sums);
        hn::Store(lost_, d, losses);
        double all = 0.0;
        for (std::size_t i = 0; i < hn::Lanes(d); ++i) {
            all += double{sums[i]} - double{losses[i]};
        }
        return all;
    }

private:
    V sum_;
    V lost_;
};

double fill_exponentials(std::span<const float> logits, float peak, std::span<float> weights) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    const V top = hn::Set(d, peak);
    const auto weigh = [&](V logit) HWY_ATTR { return hn::Exp(d, hn::Sub(logit, top)); };
    Sum even;
    Sum odd;
    std::size_t i = 0;
    for (; i + 2 * n <= logits.size(); i += 2 * n) {
        const V a = weigh(hn::LoadU(d, logits.data() + i));
        const V b = weigh(hn::LoadU(d, logits.data() + i + n));
        hn::StoreU(a, d, weights.data() + i);
        hn::StoreU(b, d, weights.data() + i + n);
        even.add(a);
        odd.add(b);
    }
    for (; i < logits.size(); i += n) {
        const bool whole = i + n <= logits.size();
        const V a = weigh(whole ? hn::LoadU(d, logits.data() + i) : load_rest(logits, i));
        even.add(a);
        if (whole) {
            hn::StoreU(a, d, weights.data() + i);
        } else {
            store_rest(a, weights, i);
        }
    }
    return even.total() + odd.total();
}

void fill_quotients(std::span<const float> logits, float divisor, std::span<float> out) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    const V by = hn::Set(d, divisor);
    std::size_t i = 0;
    for (; i + n <= logits.size(); i += n) {
        hn::StoreU(hn::Div(hn::LoadU(d, logits.data() + i), by), d, out.data() + i);
    }
    for (; i < logits.size(); ++i) {
        out[i] = logits[i] / divisor;
    }
}

void fill_maxima(std::span<const float> logits, std::vector<float>& maxima) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    maxima.clear();
    for (std::size_t first = 0; first < logits.size(); first += kBlock) {
        const auto block = logits.subspan(first, std::min(kBlock, logits.size() - first));
        V most = hn::Set(d, -std::numeric_limits<float>::infinity());
        for (std::size_t i = 0; i < block.size(); i += n) {
            const bool whole = i + n <= block.size();
            most = hn::Max(most, whole ? hn::LoadU(d, block.data() + i) : load_rest(block, i));
        }
        maxima.push_back(hn::GetLane(hn::MaxOfLanes(d, most)));
    }
}

void collect(std::span<const float> logits, float bound, std::vector<Candidate>& out) {
    const D d;
    const std::size_t n = hn::Lanes(d);
    const V least = hn::Set(d, bound);
    out.clear();
    for (std::size_t first = 0; first < logits.size(); first += n) {
        const std::size_t end = std::min(first + n, logits.size());
        if (end == first + n &&
            hn::AllFalse(d, hn::Ge(hn::LoadU(d, logits.data() + first), least))) {
            continue;
        }
        for (std::size_t k = first; k < end; ++k) {
            if (logits[k] >= bound) {
                out.push_back({.logit = logits[k], .token = static_cast<Token>(k)});
            }
        }
    }
}

}  // namespace otherwise::rows::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace otherwise::rows {

HWY_EXPORT(find_peak);
HWY_EXPORT(fill_exponentials);
HWY_EXPORT(fill_quotients);
HWY_EXPORT(fill_maxima);
HWY_EXPORT(collect);

Peak peak(std::span<const float> logits) { return HWY_DYNAMIC_DISPATCH(find_peak)(logits); }

double exponentials(std::span<const float> logits, float peak, std::span<float> weights) {
    return HWY_DYNAMIC_DISPATCH(fill_exponentials)(logits, peak, weights);
}

void divide(std::span<const float> logits, float divisor, std::span<float> out) {
    HWY_DYNAMIC_DISPATCH(fill_quotients)(logits, divisor, out);
}

void block_maxima(std::span<const float> logits, std::vector<float>& maxima) {
    HWY_DYNAMIC_DISPATCH(fill_maxima)(logits, maxima);
}

void gather(std::span<const float> logits, float bound, std::vector<Candidate>& out) {
    HWY_DYNAMIC_DISPATCH(collect)(logits, bound, out);
}

}  // namespace otherwise::rows
#endif  // HWY_ONCE
