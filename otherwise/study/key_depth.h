// What is seen of a TOML text before it is parsed, where toml++ is not to see it: it nests values
// to a depth of its own, but makes of `a.a.a.a = 1` a table in a table in a table, however many,
// and takes them down by recursion; letters beyond ASCII outside of texts, which TOML has not, lead
// it to code that it declares unreachable, and a date whose time does not begin with a digit to an
// assertion.
#pragma once

#include <cstddef>
#include <string_view>

namespace otherwise {

/// The most dots between two signs that no key has (= [ ] { } , and the end of a line), outside of
/// texts and comments. What is no TOML has a number too. Cost: one pass.
[[nodiscard]] std::size_t key_depth(std::string_view toml);

/// Where the first byte beyond ASCII outside of texts and comments is; npos without one. A mark of
/// the byte order at the start is none.
[[nodiscard]] std::size_t foreign_letter(std::string_view toml);

/// Where the time of a date, as a value, begins with something else than a digit: the T of
/// `seed = 2024-01-01T:00`; npos without one.
[[nodiscard]] std::size_t broken_time(std::string_view toml);

}  // namespace otherwise
