// Internal to noise: Philox4x32-10 on vectors, for every instruction set Highway compiles (so this
// file is included once per target; see Highway's "foreach_target").
//
// A 64-bit lane carries one block: its four words sit in the lower halves of four vectors, upper
// halves are garbage that the 32 × 32 → 64 bit products never read.
#if defined(OTHERWISE_NOISE_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef OTHERWISE_NOISE_PHILOX_INL_H_
#undef OTHERWISE_NOISE_PHILOX_INL_H_
#else
#define OTHERWISE_NOISE_PHILOX_INL_H_
#endif

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "otherwise/noise/field.h"

HWY_BEFORE_NAMESPACE();
namespace otherwise::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

/// The same without vectors: a group is one block.
class UpperHalves {
public:
    static constexpr std::size_t kMaxGroup = 4;
    static std::size_t group() { return kMaxGroup; }

    explicit UpperHalves(const Clocks& clocks) : key_(clocks.key()), tail_(clocks.tail()) {}

    void store(std::size_t first, std::uint32_t* words) const {
        const auto block = static_cast<std::uint32_t>(first / 4);
        const PhiloxCounter drawn = philox({block, 0, tail_[0], tail_[1]}, key_);
        std::copy(drawn.begin(), drawn.end(), words);
    }

private:
    PhiloxKey key_;
    std::array<std::uint32_t, 2> tail_;
};

#else

/// Upper halves of the clocks of one place, a group of 4 · Lanes(u64) tokens at a time.
class UpperHalves {
    using D64 = hn::ScalableTag<std::uint64_t>;
    using V64 = hn::Vec<D64>;

public:
    using D32 = hn::Repartition<std::uint32_t, D64>;
    using V32 = hn::Vec<D32>;

    /// Tokens in a group; it fills two vectors.
    static constexpr std::size_t kMaxGroup = 2 * hn::MaxLanes(D32());
    static HWY_INLINE std::size_t group() { return 2 * hn::Lanes(D32()); }

    explicit UpperHalves(const Clocks& clocks) : tail_(clocks.tail()) {
        PhiloxKey key = clocks.key();
        for (auto& round : keys_) {
            round = {key[0], key[1]};
            key[0] += 0x9E3779B9U;
            key[1] += 0xBB67AE85U;
        }
        // Block of each lane, so that interleaving the words puts the tokens in order.
        const std::size_t n = hn::Lanes(D64());
        for (std::size_t i = 0; i < n; ++i) {
            block_[i] = i / 2 + (i % 2) * (n / 2);
        }
    }

    /// Halves of tokens first … first + group() − 1, in order; first is a multiple of group().
    HWY_INLINE void draw(std::size_t first, V32& lower, V32& upper) const {
        const D64 d;
        const D32 d32;
        const auto m0 = hn::Set(d, std::uint64_t{0xD2511F53U});
        const auto m1 = hn::Set(d, std::uint64_t{0xCD9E8D57U});
        V64 c0 = hn::Add(hn::Set(d, static_cast<std::uint64_t>(first / 4)), hn::Load(d, block_));
        V64 c1 = hn::Zero(d);
        V64 c2 = hn::Set(d, std::uint64_t{tail_[0]});
        V64 c3 = hn::Set(d, std::uint64_t{tail_[1]});
        for (const auto& key : keys_) {
            const V64 p0 = hn::MulEven(hn::BitCast(d32, c0), hn::BitCast(d32, m0));
            const V64 p1 = hn::MulEven(hn::BitCast(d32, c2), hn::BitCast(d32, m1));
            c0 = hn::Xor3(hn::ShiftRight<32>(p1), c1, hn::Set(d, key[0]));
            c2 = hn::Xor3(hn::ShiftRight<32>(p0), c3, hn::Set(d, key[1]));
            c1 = p1;
            c3 = p0;
        }
        const V64 front = pack(c0, c1);
        const V64 back = pack(c2, c3);
        lower = hn::BitCast(d32, hn::InterleaveLower(d, front, back));
        upper = hn::BitCast(d32, hn::InterleaveUpper(d, front, back));
    }

    /// The same into aligned memory, [group()].
    HWY_INLINE void store(std::size_t first, std::uint32_t* words) const {
        const D32 d;
        V32 lower;
        V32 upper;
        draw(first, lower, upper);
        hn::Store(lower, d, words);
        hn::Store(upper, d, words + hn::Lanes(d));
    }

private:
    /// The lower halves of a and b side by side.
    static HWY_INLINE V64 pack(V64 a, V64 b) {
        const D32 d32;
        return hn::BitCast(
            D64(), hn::OddEven(hn::BitCast(d32, hn::ShiftLeft<32>(b)), hn::BitCast(d32, a)));
    }

    std::array<std::array<std::uint64_t, 2>, 10> keys_{};  // wide, to be broadcast from memory
    std::array<std::uint32_t, 2> tail_;
    HWY_ALIGN std::uint64_t block_[hn::MaxLanes(D64())] = {};
};

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace otherwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // OTHERWISE_NOISE_PHILOX_INL_H_
