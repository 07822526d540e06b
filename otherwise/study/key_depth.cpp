#include "otherwise/study/key_depth.h"

#include <algorithm>

namespace otherwise {
namespace {

/// After the text in quotes that starts at `from`: """ and ''' go over lines, a \ hides what
/// follows between " and ".
std::size_t text_end(std::string_view toml, std::size_t from) {
    const char quote = toml[from];
    const std::string_view one = toml.substr(from, 1);
    const bool is_long = toml.substr(from).starts_with(quote == '"' ? R"(""")" : "'''");
    const std::string_view close = is_long ? toml.substr(from, 3) : one;
    for (std::size_t i = from + close.size(); i < toml.size(); ++i) {
        if (quote == '"' && toml[i] == '\\') {
            ++i;
        } else if (toml.substr(i).starts_with(close)) {
            return i + close.size();
        } else if (!is_long && toml[i] == '\n') {
            return i;
        }
    }
    return toml.size();
}

/// Calls take(i) for each byte outside of texts and comments, until it is false.
template <typename Take>
void each_outside(std::string_view toml, const Take& take) {
    for (std::size_t i = 0; i < toml.size(); ++i) {
        if (toml[i] == '"' || toml[i] == '\'') {
            i = text_end(toml, i) - 1;
        } else if (toml[i] == '#') {
            i = std::min(toml.find('\n', i), toml.size()) - 1;
        } else if (!take(i)) {
            return;
        }
    }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Ends in a date, 2024-01-01, that begins a value.
bool ends_in_date(std::string_view toml) {
    constexpr std::string_view kForm = "0000-00-00";  // 0: a digit
    if (toml.size() < kForm.size()) {
        return false;
    }
    const auto date = toml.substr(toml.size() - kForm.size());
    const bool fits = std::ranges::equal(
        date, kForm, [](char c, char form) { return form == '0' ? is_digit(c) : c == form; });
    const auto before = toml.substr(0, toml.size() - kForm.size()).find_last_not_of(" \t\r\n");
    return fits && before != std::string_view::npos &&
           std::string_view("=,[").find(toml[before]) != std::string_view::npos;
}

}  // namespace

std::size_t key_depth(std::string_view toml) {
    constexpr std::string_view kNoKey = "=,[]{}\n";
    std::size_t most = 0;
    std::size_t dots = 0;
    each_outside(toml, [&](std::size_t i) {
        if (toml[i] == '.') {
            most = std::max(most, ++dots);
        } else if (kNoKey.find(toml[i]) != std::string_view::npos) {
            dots = 0;
        }
        return true;
    });
    return most;
}

std::size_t foreign_letter(std::string_view toml) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    const std::size_t start = toml.starts_with(kMark) ? kMark.size() : 0;
    std::size_t found = std::string_view::npos;
    each_outside(toml.substr(start), [&](std::size_t i) {
        const bool foreign = static_cast<unsigned char>(toml[start + i]) >= 0x80;
        found = foreign ? start + i : found;
        return !foreign;
    });
    return found;
}

std::size_t broken_time(std::string_view toml) {
    std::size_t found = std::string_view::npos;
    each_outside(toml, [&](std::size_t i) {
        const bool broken = (toml[i] == 'T' || toml[i] == 't') && i + 1 < toml.size() &&
                            !is_digit(toml[i + 1]) && ends_in_date(toml.substr(0, i));
        found = broken ? i : found;
        return !broken;
    });
    return found;
}

}  // namespace otherwise
