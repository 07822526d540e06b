// Small text helpers: UTF-8, white space, and the nearest known name for a mistyped one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace otherwise {

/// True when the text is well-formed UTF-8 (no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text);

/// How many bytes of the text are well formed before the first that is not.
[[nodiscard]] std::size_t utf8_prefix(std::string_view text);

/// The text with every ill-formed byte sequence replaced by U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view text);

/// Without white space at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Without white space at its end.
[[nodiscard]] std::string_view trimmed_end(std::string_view text);

/// A text of digits alone, as a number that fits.
[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view digits);

/// The known name with the smallest edit distance, or "" when none is near (distance > 1/2 length).
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string> known);

}  // namespace otherwise
