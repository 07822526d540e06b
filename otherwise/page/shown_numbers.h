// Numbers as the page's sentences show them: rounded to what their intervals bear.
//
// Halves go up, as in the page's tables. Minus signs are U+2212, thin spaces U+202F.
#pragma once

#include <string>
#include <string_view>

#include "otherwise/measure/statistics.h"

namespace otherwise {

/// "60 %", "0.4 %", "100 %"; "–" of NaN.
[[nodiscard]] std::string percent(double share);

/// "25 000", with thin spaces that do not break; a count below 1,000 as it is.
[[nodiscard]] std::string whole(long n);

/// With so many digits after the point, without zeros at the end.
[[nodiscard]] std::string plain(double value, int digits);

/// Two or three digits that count.
[[nodiscard]] std::string brief(double value);

/// "1 string", "25 000 strings", `one` with an s.
[[nodiscard]] std::string counted(long n, std::string_view one);

/// As percent, but with a digit for what is small: for numbers that stand beside others.
[[nodiscard]] std::string fine(double share);

/// " (52 % to 68 %)", "" where it is unknown or says nothing more.
[[nodiscard]] std::string between(const Interval& interval);

}  // namespace otherwise
