// The prompts of a tail, packed into one graph: their rows one after the other, each prompt under a
// causal mask of its own, so that each is evaluated as if it were alone (exact).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

struct TailPrompt {
    int fact = 0;
    std::vector<float> state;                    ///< [rows * width]
    std::vector<float> base;                     ///< [rows * width] with post_norms, else empty
    int at = 0;                                  ///< the row that the fact's delta is added to
    std::vector<std::pair<int, Token>> targets;  ///< (row, the token that should come next)
    int keep = -1;                               ///< row whose law should stay; −1 = none
};

/// A row whose next token should be this one.
struct PackedTarget {
    int row = 0;
    Token token = 0;
    int prompt = 0;
};

struct PackedFact {
    std::vector<PackedTarget> targets;  ///< in the order of the prompts
    std::vector<std::int32_t> kept;     ///< rows whose law should stay
};

struct PackedPrompts {
    int rows = 0;
    std::vector<int> first;  ///< the first row of each prompt
    std::vector<PackedFact> facts;
    std::vector<float> state;             ///< [rows * width]
    std::vector<float> base;              ///< [rows * width], or empty
    std::vector<std::int32_t> owner;      ///< [rows] the fact whose delta a row would take
    std::vector<std::int32_t> positions;  ///< [rows] in their prompts
    std::vector<float> takes;             ///< [rows] 1 where a row takes it, else 0

    /// [rows * rows]: row by row 0 for what it sees, −inf for the rest. With a window only so many
    /// rows, itself included; 0 = all before it.
    [[nodiscard]] std::vector<float> mask(int window) const;
};

/// Throws misuse for a fact without a target.
[[nodiscard]] PackedPrompts packed(const std::vector<TailPrompt>& prompts, int width);

}  // namespace otherwise
