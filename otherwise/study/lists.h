// Lists of numbers as JSON text, "[1,2,3]": how run files hold those of their head, and those of
// older versions all. Newer ones are packed (packed_list.h), and read here as well.
//
// Reals are the shortest text that reads back the same, or `digits` significant digits; what is not
// finite is null, and null reads as NaN. Cost: about 20 ns a number to read, 60 ns to write.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

[[nodiscard]] std::string write_list(std::span<const Token> tokens);
/// `digits` 0: as many as it takes.
[[nodiscard]] std::string write_list(std::span<const double> values, int digits = 0);

/// Throw Error: not a list of such numbers.
[[nodiscard]] Tokens read_token_list(std::string_view text);
[[nodiscard]] std::vector<double> read_real_list(std::string_view text);

}  // namespace otherwise
