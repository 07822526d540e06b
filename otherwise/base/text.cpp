#include "otherwise/base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <rapidfuzz/distance/Levenshtein.hpp>

namespace otherwise {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kSpace = " \t\r\n";

unsigned byte_at(std::string_view text, std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
}

/// Length of the well-formed sequence that starts at i, or 0 (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t i) {
    const unsigned a = byte_at(text, i);
    const auto within = [&](std::size_t offset, unsigned low, unsigned high) {
        const unsigned b = byte_at(text, i + offset);
        return i + offset < text.size() && b >= low && b <= high;
    };
    const auto tail = [&](std::size_t offset) { return within(offset, 0x80, 0xBF); };
    if (a < 0x80) {
        return 1;
    }
    if (a >= 0xC2 && a <= 0xDF) {
        return tail(1) ? 2 : 0;
    }
    if (a >= 0xE0 && a <= 0xEF) {
        const unsigned low = a == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = a == 0xED ? 0x9F : 0xBF;
        return within(1, low, high) && tail(2) ? 3 : 0;
    }
    if (a >= 0xF0 && a <= 0xF4) {
        const unsigned low = a == 0xF0 ? 0x90 : 0x80;
        const unsigned high = a == 0xF4 ? 0x8F : 0xBF;
        return within(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

/// The end of what is ASCII from here on.
std::size_t ascii_end(std::string_view text, std::size_t i) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080U;
    std::uint64_t word = 0;
    for (; i + sizeof word <= text.size(); i += sizeof word) {
        std::memcpy(&word, text.data() + i, sizeof word);
        if ((word & kHighBits) != 0) {
            break;
        }
    }
    while (i < text.size() && byte_at(text, i) < 0x80) {
        ++i;
    }
    return i;
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        i = ascii_end(text, i);
        if (i == text.size()) {
            break;
        }
        const std::size_t length = sequence_length(text, i);
        if (length == 0) {
            return i;
        }
        i += length;
    }
    return text.size();
}

bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

std::string to_utf8(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_length(text, i);
        clean += length == 0 ? kReplacement : text.substr(i, length);
        i += std::max<std::size_t>(length, 1);
    }
    return clean;
}

std::string_view trimmed_end(std::string_view text) {
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string_view trimmed(std::string_view text) {
    const auto end = trimmed_end(text);
    return end.substr(std::min(end.find_first_not_of(kSpace), end.size()));
}

std::optional<std::int64_t> whole_number(std::string_view digits) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool is_whole =
        parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size() && value >= 0;
    return is_whole && digits.front() != '-' ? std::optional(value) : std::nullopt;
}

std::string nearest_name(std::string_view name, std::span<const std::string> known) {
    std::string best;
    std::size_t least = name.size() / 2 + 1;
    for (const auto& candidate : known) {
        const std::size_t distance = rapidfuzz::levenshtein_distance(name, candidate);
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace otherwise
