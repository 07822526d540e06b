// Days as YYYY-MM-DD.
#pragma once

#include <string>

namespace otherwise {

[[nodiscard]] bool is_date(const std::string& date);

/// Throws misuse unless the text is a day of the years 1 to 9999, as "2026-11-26".
void require_date(const std::string& date);

/// This day, local time.
[[nodiscard]] std::string today();

/// Midnight of the day in strftime's form: "26 Nov 2026" for "%d %b %Y", in English.
[[nodiscard]] std::string date_text(const std::string& date, const std::string& form);

}  // namespace otherwise
