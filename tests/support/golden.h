// Golden noise, races and laws: tests/data/noise.json, made by tests/reference/noise.py.
#pragma once

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
