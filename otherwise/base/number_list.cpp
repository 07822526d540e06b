#include "otherwise/base/number_list.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace otherwise {
namespace {

std::optional<int> read_digits(std::string_view text) {
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
    return whole && text[0] != '-' ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string number_list(std::span<const int> numbers) {
    if (numbers.size() > 1 &&
        numbers.back() - numbers.front() + 1 == static_cast<int>(numbers.size())) {
        return std::to_string(numbers.front()) + "-" + std::to_string(numbers.back());
    }
    std::string text;
    for (const int number : numbers) {
        text += (text.empty() ? "" : ",") + std::to_string(number);
    }
    return text;
}

std::optional<NumberRange> read_number_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto left = text.substr(0, dash);
    const auto right = dash == std::string_view::npos ? left : text.substr(dash + 1);
    const auto first = read_digits(left);
    const auto last = read_digits(right);
    const bool sound = (first || left.empty()) && (last || right.empty()) && (first || last);
    if (!sound) {
        return std::nullopt;
    }
    return NumberRange{.first = first.value_or(-1), .last = last.value_or(-1)};
}

std::optional<std::vector<NumberRange>> read_number_ranges(std::string_view text) {
    std::vector<NumberRange> ranges;
    for (std::size_t from = 0; from <= text.size();) {
        const auto end = std::min(text.find(',', from), text.size());
        const auto range = read_number_range(text.substr(from, end - from));
        if (!range) {
            return std::nullopt;
        }
        ranges.push_back(*range);
        from = end + 1;
    }
    return ranges;
}

}  // namespace otherwise
