// The settings of a mechanism, as plain values: a part of every world. What they do to logits is in
// otherwise/mechanism.
#pragma once

#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

/// What is added to one token's logit; −inf forbids it.
struct TokenBias {
    Token token = -1;
    float nats = 0.0F;
    bool operator==(const TokenBias&) const = default;
};

/// The defaults change nothing: the law is the model's own.
struct Mechanism {
    float temperature = 1.0F;
    int top_k = 0;
    float top_p = 1.0F;
    float min_p = 0.0F;
    std::vector<TokenBias> biases{};  ///< before all else, each in turn

    bool operator==(const Mechanism&) const = default;

    [[nodiscard]] bool greedy() const noexcept { return temperature <= 0.0F; }
    [[nodiscard]] bool truncates() const noexcept {
        return top_k > 0 || top_p < 1.0F || min_p > 0.0F;
    }
};

/// Throws Error (misuse): temperature negative, NaN or infinite, top_k < 0, top_p outside (0, 1],
/// min_p outside [0, 1], a bias that is NaN or +inf.
void check(const Mechanism& mechanism);

}  // namespace otherwise
