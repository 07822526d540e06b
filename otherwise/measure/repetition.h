// How much a text repeats itself: the share of its n-grams (here of four tokens) that occurred
// before in it,
//
//   1 − distinct 4-grams / 4-grams        (rep-n of Welleck et al. 2020, arXiv 1908.04319)
//
// 0 where all differ, near 1 in a loop. A text of fewer than four units has no 4-gram and no value.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "otherwise/base/token.h"

namespace otherwise {

/// Of tokens. O(n log n).
[[nodiscard]] std::optional<double> repeated_share(std::span<const Token> tokens);

/// Of words, for texts without tokens; words are what whitespace separates.
[[nodiscard]] std::optional<double> repeated_share(std::string_view text);

}  // namespace otherwise
