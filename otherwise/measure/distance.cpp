#include "otherwise/measure/distance.h"

#include <algorithm>
#include <rapidfuzz/distance/Levenshtein.hpp>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr unsigned kContinued = 0x3F;  // payload bits of a byte after the first
constexpr int kContinuedBits = 6;

/// Bytes of a well-formed sequence, by its first one.
std::size_t sequence_length(unsigned first) {
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xE0) {
        return 2;
    }
    return first < 0xF0 ? 3 : 4;
}

template <typename Range>
int shared(const Range& a, const Range& b) {
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<int>(differ.first - a.begin());
}

template <typename Range>
int distance(const Range& a, const Range& b) {
    return static_cast<int>(
        rapidfuzz::levenshtein_distance(a.begin(), a.end(), b.begin(), b.end()));
}

}  // namespace

std::u32string characters_of(std::string_view text) {
    const std::string clean = to_utf8(text);
    std::u32string characters;
    characters.reserve(clean.size());
    for (std::size_t i = 0; i < clean.size();) {
        const auto first = static_cast<unsigned char>(clean[i]);
        const std::size_t length = sequence_length(first);
        // 7 payload bits of one byte, else 5, 4 or 3 of the first
        char32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) {
            code =
                (code << kContinuedBits) | (static_cast<unsigned char>(clean[i + k]) & kContinued);
        }
        characters.push_back(code);
        i += length;
    }
    return characters;
}

int shared_start(std::u32string_view a, std::u32string_view b) { return shared(a, b); }
int shared_start(std::span<const Token> a, std::span<const Token> b) { return shared(a, b); }
int edit_distance(std::u32string_view a, std::u32string_view b) { return distance(a, b); }
int edit_distance(std::span<const Token> a, std::span<const Token> b) { return distance(a, b); }

}  // namespace otherwise
