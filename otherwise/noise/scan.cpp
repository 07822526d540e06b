// The vectorised scan of a race and the vectorised upper halves of the field.
#include <algorithm>
#include <cfloat>

#include "otherwise/noise/contest.h"
#include "otherwise/noise/elementary.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "otherwise/noise/scan.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
//
#include "hwy/highway.h"
#include "otherwise/noise/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace otherwise::HWY_NAMESPACE {

void fill_upper_halves(const Clocks& clocks, std::span<std::uint32_t> out) {
    const UpperHalves halves(clocks);
    const std::size_t group = UpperHalves::group();
    HWY_ALIGN std::uint32_t words[UpperHalves::kMaxGroup];
    for (std::size_t first = 0; first < out.size(); first += group) {
        halves.store(first, words);
        std::copy_n(words, std::min(group, out.size() - first), out.data() + first);
    }
}

/// The bound of race.h on hi_k / 2 (a signed conversion to float is the cheaper one):
/// hopeless when hi_k / 2 > factor · max(weight_k, FLT_MIN).
class Threshold {
public:
    explicit Threshold(const Law& world) : log_top_(double{world.peak} - world.log_norm) {}

    /// Follows the second-best score.
    HWY_INLINE void update(double second) {
        if (second != second_) {
            second_ = second;
            const double factor = kScale * elementary::exp(log_top_ - second);
            factor_ = factor < double{FLT_MAX} ? static_cast<float>(factor) : kInfinity;
        }
    }
    [[nodiscard]] HWY_INLINE float factor() const { return factor_; }

private:
    static constexpr double kScale = 0x1p31 * (1.0 + 1e-4);
    static constexpr float kInfinity = std::numeric_limits<float>::infinity();
    double log_top_;
    double second_ = -std::numeric_limits<double>::infinity();
    float factor_ = kInfinity;
};

/// One group of tokens at a time: draw, compare, enter the few that may matter.
class Scanner {
public:
    Scanner(const Law& world, const Clocks& clocks, Contest& contest)
        : halves_(clocks), threshold_(world), contest_(contest) {
        threshold_.update(contest_.second());
    }

    /// Tokens first … first + count − 1, count ≤ group(); `weights` and `logits` hold group().
    HWY_INLINE void visit(std::size_t first, std::size_t count, const float* weights,
                          const float* logits) {
        HWY_ALIGN std::uint32_t words[UpperHalves::kMaxGroup];
        if (may_matter(first, weights, logits, words)) {
            enter(first, count, words, weights);
        }
    }

private:
    /// Draws the group's words, unless it is wholly masked, and says whether any token is left.
    HWY_INLINE bool may_matter(std::size_t first, const float* weights, const float* logits,
                               std::uint32_t* words) const;

    HWY_NOINLINE void enter(std::size_t first, std::size_t count, const std::uint32_t* words,
                            const float* weights) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto half = static_cast<float>(words[i] >> 1);
            if (!(half > threshold_.factor() * std::max(weights[i], FLT_MIN))) {
                contest_.enter(static_cast<Token>(first + i), words[i]);
                threshold_.update(contest_.second());
            }
        }
    }

    UpperHalves halves_;
    Threshold threshold_;
    Contest& contest_;
};

#if HWY_TARGET == HWY_SCALAR

bool Scanner::may_matter(std::size_t first, const float* weights, const float* logits,
                         std::uint32_t* words) const {
    const auto possible = [](float logit) {
        return logit > -std::numeric_limits<float>::infinity();
    };
    if (std::none_of(logits, logits + UpperHalves::group(), possible)) {
        return false;
    }
    halves_.store(first, words);
    (void)weights;  // `enter` compares token by token
    return true;
}

#else

HWY_INLINE bool Scanner::may_matter(std::size_t first, const float* weights, const float* logits,
                                    std::uint32_t* words) const {
    using V32 = UpperHalves::V32;
    const UpperHalves::D32 d;
    const hn::RebindToSigned<UpperHalves::D32> di;
    const hn::RebindToFloat<UpperHalves::D32> df;
    const std::size_t n = hn::Lanes(d);
    const auto w0 = hn::LoadU(df, weights);
    const auto w1 = hn::LoadU(df, weights + n);
    if (HWY_UNLIKELY(hn::AllFalse(df, hn::Gt(hn::Max(w0, w1), hn::Zero(df))))) {
        const auto best = hn::Max(hn::LoadU(df, logits), hn::LoadU(df, logits + n));
        const auto minus_infinity = hn::Set(df, -std::numeric_limits<float>::infinity());
        if (hn::AllFalse(df, hn::Gt(best, minus_infinity))) {
            return false;
        }
    }
    V32 h0;
    V32 h1;
    halves_.draw(first, h0, h1);
    // The factor may be +inf, never NaN, and the weight is positive: then nothing is ruled out.
    const auto factor = hn::Set(df, threshold_.factor());
    const auto least = hn::Set(df, FLT_MIN);
    const auto half0 = hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<1>(h0)));
    const auto half1 = hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<1>(h1)));
    const auto out0 = hn::Gt(half0, hn::Mul(factor, hn::Max(w0, least)));
    const auto out1 = hn::Gt(half1, hn::Mul(factor, hn::Max(w1, least)));
    if (HWY_LIKELY(hn::AllTrue(df, hn::And(out0, out1)))) {
        return false;
    }
    hn::Store(h0, d, words);
    hn::Store(h1, d, words + n);
    return true;
}

#endif  // HWY_TARGET == HWY_SCALAR

void scan_world(const Law& world, const Clocks& clocks, Contest& contest) {
    Scanner scanner(world, clocks, contest);
    const std::size_t n = world.logits.size();
    const std::size_t group = UpperHalves::group();
    const std::size_t whole = n - n % group;
    for (std::size_t first = 0; first < whole; first += group) {
        scanner.visit(first, group, world.weights.data() + first, world.logits.data() + first);
    }
    if (whole < n) {  // the rest, padded with masked tokens
        HWY_ALIGN float weights[UpperHalves::kMaxGroup] = {};
        HWY_ALIGN float logits[UpperHalves::kMaxGroup];
        std::fill_n(logits, group, -std::numeric_limits<float>::infinity());
        std::copy_n(world.weights.data() + whole, n - whole, weights);
        std::copy_n(world.logits.data() + whole, n - whole, logits);
        scanner.visit(whole, n - whole, weights, logits);
    }
}

}  // namespace otherwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace otherwise {

HWY_EXPORT(fill_upper_halves);
HWY_EXPORT(scan_world);

void upper_halves(const Clocks& clocks, std::span<std::uint32_t> out) {
    HWY_DYNAMIC_DISPATCH(fill_upper_halves)(clocks, out);
}

void scan(const Law& world, const Clocks& clocks, Contest& contest) {
    HWY_DYNAMIC_DISPATCH(scan_world)(world, clocks, contest);
}

}  // namespace otherwise
#endif  // HWY_ONCE
