// How far two texts are apart: what they share at the start, and edits from one to the other.
//
// Characters are Unicode code points; ill-formed bytes count as U+FFFD, one each. An edit inserts,
// deletes or replaces one character or token (Levenshtein distance). The distance is rapidfuzz's
// bit-parallel one (Hyyrö 2003): O(n · m / 64), so texts of 10,000 characters take milliseconds. It
// works on numbers of any width; Debian's edlib, the other packaged library, on bytes only.
// Pure functions, thread safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "otherwise/base/token.h"

namespace otherwise {

/// The text's code points.
[[nodiscard]] std::u32string characters_of(std::string_view text);

/// Characters, or tokens, in common at the start.
[[nodiscard]] int shared_start(std::u32string_view a, std::u32string_view b);
[[nodiscard]] int shared_start(std::span<const Token> a, std::span<const Token> b);

/// Edits from one to the other.
[[nodiscard]] int edit_distance(std::u32string_view a, std::u32string_view b);
[[nodiscard]] int edit_distance(std::span<const Token> a, std::span<const Token> b);

}  // namespace otherwise
