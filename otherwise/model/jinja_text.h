// Texts of chat templates as Python has them: characters are code points, blanks Unicode's. Every
// piece keeps which of its bytes come from a message.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/runtime.h"

namespace otherwise {

/// The bytes from `begin` up to `end`.
[[nodiscard]] jinja::string cut(const jinja::string& text, std::size_t begin, std::size_t end);

[[nodiscard]] std::size_t count_characters(const jinja::string& text);
/// The character at an index that may count from the end; none where there is none.
[[nodiscard]] std::optional<jinja::string> character_at(const jinja::string& text,
                                                        std::int64_t index);

/// Indices of a Python slice of something with `size` items, in their order.
struct JinjaSlice {
    std::optional<std::int64_t> start{};
    std::optional<std::int64_t> stop{};
    std::int64_t step = 1;  ///< not 0
};
[[nodiscard]] std::vector<std::size_t> slice_indices(std::size_t size, const JinjaSlice& slice);
[[nodiscard]] jinja::string sliced(const jinja::string& text, const JinjaSlice& slice);

/// Without the given characters, or blanks, at the ends.
[[nodiscard]] jinja::string stripped(const jinja::string& text, bool left, bool right,
                                     const std::optional<std::string>& characters);

/// Whether the text is blanks alone, all of them other than space, tab and newline; not when empty.
[[nodiscard]] bool starts_with_other_blank(std::string_view text);
[[nodiscard]] bool ends_with_other_blank(std::string_view text);

/// str.split and str.rsplit: at `separator`, or at runs of blanks, at most `most` times if not −1.
[[nodiscard]] std::vector<jinja::string> split(const jinja::string& text,
                                               const std::optional<std::string>& separator,
                                               std::int64_t most, bool from_right);

enum class LetterCase { upper, lower, capitalize, title };
/// Throws std::runtime_error: letters other than ASCII's; of a title any but letters and blanks.
[[nodiscard]] jinja::string in_case(const jinja::string& text, LetterCase letters);

}  // namespace otherwise
