// The names in a table's first line, and whether they are a header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// The fields of a row; none where it is no row.
[[nodiscard]] std::vector<std::string> names_of(std::string_view row, char separator);

[[nodiscard]] bool has_name(const std::vector<std::string>& names, std::string_view name);
/// Whether one is a name that means something to a reader of records.
[[nodiscard]] bool has_known(const std::vector<std::string>& names);
/// Whether the asked ones are all there, blanks around names apart; not where none is asked.
[[nodiscard]] bool has_all(const std::vector<std::string>& names,
                           const std::vector<std::string>& asked);

/// Whether a blank follows a separator, as in sentences and in some headers.
[[nodiscard]] bool is_sentence(const std::vector<std::string>& names);
/// A name as programs give them, not as people write lists: letters, digits, _, - and ., not only
/// digits.
[[nodiscard]] bool is_plain_name(std::string_view text);

/// "a, b": for complaints.
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

}  // namespace otherwise
