// Lists of numbers, such as layers, as people write them.
#pragma once

#include <span>
#include <string>

namespace otherwise {

/// Ascending numbers: "3", "3-7" where none is missing between, else "3,5,7"; "" of none.
[[nodiscard]] std::string number_list(std::span<const int> numbers);

}  // namespace otherwise
