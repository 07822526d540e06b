#include "otherwise/noise/field.h"

#include <algorithm>

#include "otherwise/noise/elementary.h"

namespace otherwise {
namespace {

constexpr std::uint32_t kUpperLane = 0;
constexpr std::uint32_t kLowerLane = 1;
constexpr std::uint32_t kWinningLane = 2;
constexpr std::uint32_t kAfreshLane = 3;

std::uint32_t low_half(std::uint64_t x) noexcept { return static_cast<std::uint32_t>(x); }
std::uint32_t high_half(std::uint64_t x) noexcept { return static_cast<std::uint32_t>(x >> 32); }
std::uint64_t join(std::uint32_t high, std::uint32_t low) noexcept {
    return (static_cast<std::uint64_t>(high) << 32) | low;
}

}  // namespace

double clock_of_bits(std::uint64_t bits) noexcept {
    const double v = (static_cast<double>(bits) + 0.5) * 0x1p-64;
    return elementary::minus_log1m(std::min(v, 1.0 - 0x1p-53));
}

Clocks::Clocks(const Place& place) noexcept
    : Clocks(philox(PhiloxCounter{low_half(place.string), high_half(place.string), place.sample,
                                  place.position},
                    {low_half(place.seed), high_half(place.seed)})) {}

Clocks Clocks::afresh() const noexcept {
    return Clocks(philox({0, kAfreshLane, tail_[0], tail_[1]}, key_));
}

std::uint64_t Clocks::bits(Token token) const noexcept {
    const auto k = static_cast<std::uint32_t>(token);
    return bits(token, philox({k / 4, kUpperLane, tail_[0], tail_[1]}, key_)[k % 4]);
}

std::uint64_t Clocks::bits(Token token, std::uint32_t upper) const noexcept {
    const auto k = static_cast<std::uint32_t>(token);
    return join(upper, philox({k / 4, kLowerLane, tail_[0], tail_[1]}, key_)[k % 4]);
}

double Clocks::winning_time() const noexcept {
    const PhiloxCounter words = philox({0, kWinningLane, tail_[0], tail_[1]}, key_);
    return clock_of_bits(join(words[0], words[1]));
}

void clock_row(const Clocks& clocks, std::span<double> out) noexcept {
    constexpr std::size_t kBlock = 4;
    const auto& tail = clocks.tail();
    for (std::size_t k = 0; k < out.size(); k += kBlock) {
        const auto block = static_cast<std::uint32_t>(k / kBlock);
        const auto upper = philox({block, kUpperLane, tail[0], tail[1]}, clocks.key());
        const auto lower = philox({block, kLowerLane, tail[0], tail[1]}, clocks.key());
        for (std::size_t i = 0; i < std::min(kBlock, out.size() - k); ++i) {
            out[k + i] = clock_of_bits(join(upper[i], lower[i]));
        }
    }
}

}  // namespace otherwise
