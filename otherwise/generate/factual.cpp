#include "otherwise/generate/factual.h"

#include <bit>

namespace otherwise {

std::uint64_t fingerprint(std::span<const float> logits) {
    std::uint64_t value = logits.size();
    for (const float logit : logits) {
        value = (value ^ std::bit_cast<std::uint32_t>(logit)) * 0x9E3779B97F4A7C15ULL;
        value ^= value >> 32U;
    }
    return value;
}

}  // namespace otherwise
