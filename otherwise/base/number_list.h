// Lists of numbers, such as layers, as people write them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// Ascending numbers: "3", "3-7" where none is missing between, else "3,5,7"; "" of none.
[[nodiscard]] std::string number_list(std::span<const int> numbers);

/// Numbers from 0, both ends inclusive; −1 leaves that end open.
struct NumberRange {
    int first = -1;
    int last = -1;

    [[nodiscard]] bool closed() const { return first >= 0 && last >= 0; }
    bool operator==(const NumberRange&) const = default;
};

/// "3", "3-7", "3-" or "-7", as they are written: the first may be above the last. Nothing for
/// other texts, and for numbers that no int holds.
[[nodiscard]] std::optional<NumberRange> read_number_range(std::string_view text);

/// Such ranges with commas between, at least one.
[[nodiscard]] std::optional<std::vector<NumberRange>> read_number_ranges(std::string_view text);

}  // namespace otherwise
