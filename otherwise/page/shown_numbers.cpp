#include "otherwise/page/shown_numbers.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>

namespace otherwise {
namespace {

constexpr double kHundred = 100.0;

}  // namespace

std::string plain(double value, int digits) {
    const double scale = std::pow(10.0, digits);
    std::string text = fmt::format("{:.{}f}", std::round(std::abs(value) * scale) / scale, digits);
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        text.erase(text.find_last_not_of('.') + 1);
    }
    return value < 0 && text != "0" ? "−" + text : text;
}

std::string brief(double value) {
    const double size = std::abs(value);
    if (size > 0 && size < 0.01) {
        return fmt::format("{:.1g}", value);
    }
    if (size >= kHundred) {
        return plain(value, 0);
    }
    return plain(value, size < 1 ? 2 : 1);
}

std::string counted(long n, std::string_view one) {
    return fmt::format("{} {}{}", whole(n), one, n == 1 ? "" : "s");
}

std::string fine(double share) {
    const double value = kHundred * share;
    const double size = std::abs(value);
    constexpr double kLeast = 1e-4;
    if (size >= 0.1 || !std::isfinite(share)) {
        return percent(share);
    }
    return size < kLeast ? "0 %"
                         : plain(value, static_cast<int>(-std::floor(std::log10(size)))) + " %";
}

std::string between(const Interval& interval) {
    const std::string low = fine(interval.low);
    const std::string high = fine(interval.high);
    return interval.known() && low != high ? fmt::format(" ({} to {})", low, high) : "";
}

std::string percent(double share) {
    if (!std::isfinite(share)) {
        return "–";
    }
    const double value = kHundred * share;
    const double size = std::abs(value);
    if (size > 0 && size < 0.1) {
        return value < 0 ? "−0.1 % or less" : "less than 0.1 %";
    }
    if (size > 99.5 && size < kHundred) {
        return size > 99.9 ? "more than 99.9 %" : plain(value, 1) + " %";
    }
    return plain(value, size < 9.95 ? 1 : 0) + " %";
}

std::string whole(long n) {
    constexpr std::size_t kGroup = 3;
    std::string text = std::to_string(n);
    for (std::size_t at = text.size(); at > kGroup && text[at - kGroup - 1] != '-';) {
        at -= kGroup;
        text.insert(at, "\u202F");
    }
    return text;
}

}  // namespace otherwise
