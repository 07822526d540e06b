#include "otherwise/base/date.h"

#include <chrono>
#include <cstddef>
#include <ctime>
#include <string_view>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::string_view kForm = "dddd-dd-dd";

/// The numbers as they are written; the caller has seen the form.
std::chrono::year_month_day read_day(const std::string& date) {
    const auto number = [&](std::size_t at, std::size_t count) {
        return std::stoi(date.substr(at, count));
    };
    return {std::chrono::year(number(0, 4)),
            std::chrono::month(static_cast<unsigned>(number(5, 2))),
            std::chrono::day(static_cast<unsigned>(number(8, 2)))};
}

}  // namespace

bool is_date(const std::string& date) {
    bool good = date.size() == kForm.size();
    for (std::size_t i = 0; good && i < kForm.size(); ++i) {
        const bool digit = date[i] >= '0' && date[i] <= '9';
        good = kForm[i] == 'd' ? digit : date[i] == kForm[i];
    }
    return good && read_day(date).ok() && read_day(date).year() >= std::chrono::year(1);
}

void require_date(const std::string& date) {
    if (!is_date(date)) {
        misuse(
            {.where = "require_date", .expected = "a day as YYYY-MM-DD", .came = "'" + date + "'"});
    }
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    std::string text(kForm.size() + 1, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d", &local));
    return text;
}

std::string date_text(const std::string& date, const std::string& form) {
    require_date(date);
    const auto day = read_day(date);
    std::tm parts{};
    constexpr int kTmYear = 1900;
    parts.tm_year = static_cast<int>(day.year()) - kTmYear;
    parts.tm_mon = static_cast<int>(static_cast<unsigned>(day.month())) - 1;
    parts.tm_mday = static_cast<int>(static_cast<unsigned>(day.day()));
    (void)timegm(&parts);  // the day of the week and of the year
    constexpr std::size_t kLongestField = 32;
    std::string text(form.size() * kLongestField + 1, '\0');
    text.resize(std::strftime(text.data(), text.size(), form.c_str(), &parts));
    return text;
}

}  // namespace otherwise
