// Golden noise, races and laws: tests/data/noise.json, made by tests/reference/noise.py.
#pragma once

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace otherwise::test {

inline nlohmann::json golden() {
    std::ifstream file(OTHERWISE_SOURCE_DIR "/tests/data/noise.json");
    return nlohmann::json::parse(file);
}

/// A double written as a hexadecimal float, to the last bit.
inline double exactly(const nlohmann::json& text) {
    return std::strtod(text.get<std::string>().c_str(), nullptr);
}

/// The script's digest of doubles: it folds their bits.
class Digest {
public:
    static constexpr std::uint64_t kMultiplier = 6364136223846793005U;
    void add(double x) { value_ = value_ * kMultiplier + std::bit_cast<std::uint64_t>(x); }
    [[nodiscard]] std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0;
};

/// Multiples of 1 from −2^15 to 2^15 − 1, a pure function of token and salt.
inline float spread(std::size_t k, std::uint32_t salt) {
    const std::uint32_t mixed = (static_cast<std::uint32_t>(k) + salt) * 2654435761U;
    return static_cast<float>(static_cast<std::int32_t>(mixed >> 16) - 32768);
}

/// The script's made-up logits: uniform in [−16, 16), exact in float.
inline std::vector<float> made_up_logits(std::size_t n, std::uint32_t salt) {
    std::vector<float> logits(n);
    for (std::size_t k = 0; k < n; ++k) {
        logits[k] = spread(k, salt) * 0x1p-11F;
    }
    return logits;
}

}  // namespace otherwise::test
