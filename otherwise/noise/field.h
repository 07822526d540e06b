// The exogenous noise: one clock per (seed, string, sample, position, token), and one winning time
// per (seed, string, sample, position). Nothing is stored; a clock is computed where it is read.
//
//   place = (string lo, string hi, sample, position)
//   (k0, k1, c2, c3) = philox(place, seed)                     words 0, 1: key; 2, 3: counter tail
//   words of a lane at a token = philox((token / 4, lane, c2, c3), (k0, k1))[token mod 4]
//   lane 0: upper 32 bits of a clock   lane 1: its lower 32 bits   lane 2: the winning time
//   lane 3: the four words (k0, k1, c2, c3) of the clocks afresh, which hindsight reads
//
//   v = (bits + 1/2) · 2^-64, at most 1 − 2^-53;   clock E = −log1p(−v) ~ Exp(1)
//
// E ≥ v, after rounding too, so the upper bits alone bound a clock from below: see race.h. The bits
// are the same on every machine (elementary.h). Thread safe (immutable values).
#pragma once

#include <cstdint>
#include <span>

#include "otherwise/base/token.h"
#include "otherwise/noise/philox.h"

namespace otherwise {

/// Names the bits of clocks and scores in run files: it changes when any of them does. 1 had the C
/// library's logarithms, 2 those of elementary.h and no clocks afresh.
inline constexpr int kNoiseVersion = 3;

/// Where noise lives. `position` counts written tokens: 0 is the first token after the prompt.
struct Place {
    std::uint64_t seed = 0;
    std::uint64_t string = 0;  ///< hash of the string's id
    std::uint32_t sample = 0;
    std::uint32_t position = 0;

    bool operator==(const Place&) const = default;
};

/// A uniform of 64 bits as an Exp(1) clock: −log1p(−v). Always positive and finite.
[[nodiscard]] double clock_of_bits(std::uint64_t bits) noexcept;

/// The clocks of one place. Construction costs one Philox block, each read one or two.
class Clocks {
public:
    explicit Clocks(const Place& place) noexcept;

    /// The 64 bits of a token's clock; token ≥ 0.
    [[nodiscard]] std::uint64_t bits(Token token) const noexcept;

    /// The same where its upper half is known, at half the cost.
    [[nodiscard]] std::uint64_t bits(Token token, std::uint32_t upper) const noexcept;

    /// The prior clock of a token, Exp(1).
    [[nodiscard]] double clock(Token token) const noexcept { return clock_of_bits(bits(token)); }

    /// The Exp(1) time at which an observed token won the race; used by hindsight only.
    [[nodiscard]] double winning_time() const noexcept;

    /// The clocks of this place once a token has won: a field of their own, so that hindsight of
    /// what this very field wrote is as good as of any other text.
    [[nodiscard]] Clocks afresh() const noexcept;

    /// Key and counter tail of the second stage, for the vectorised generator.
    [[nodiscard]] const PhiloxKey& key() const noexcept { return key_; }
    [[nodiscard]] const std::array<std::uint32_t, 2>& tail() const noexcept { return tail_; }

private:
    explicit Clocks(const PhiloxCounter& words) noexcept
        : key_{words[0], words[1]}, tail_{words[2], words[3]} {}

    PhiloxKey key_{};
    std::array<std::uint32_t, 2> tail_{};
};

/// out[k] = clocks.clock(k), at half the cost of each alone.
void clock_row(const Clocks& clocks, std::span<double> out) noexcept;

/// Upper 32 bits of the clocks of tokens 0 … out.size() − 1, vectorised: out[k] = bits(k) >> 32.
void upper_halves(const Clocks& clocks, std::span<std::uint32_t> out);

}  // namespace otherwise
