#include "otherwise/page/pieces.h"

#include <cstddef>
#include <string_view>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr unsigned char kContinuationMask = 0xC0;
constexpr unsigned char kContinuation = 0x80;
constexpr std::size_t kLongest = 4;  ///< bytes of a character

/// Bytes that the character starting with `lead` has, 0 for no lead byte.
std::size_t length_of(unsigned char lead) {
    if (lead >= 0xF0 && lead <= 0xF4) {
        return 4;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xC2 && lead <= 0xDF ? 2 : 0;
}

/// Bytes at the end that begin a character which more bytes could complete.
std::size_t unfinished(std::string_view text) {
    for (std::size_t back = 1; back < kLongest && back <= text.size(); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & kContinuationMask) != kContinuation) {
            return length_of(byte) > back ? back : 0;
        }
    }
    return 0;
}

}  // namespace

std::vector<std::string> whole_characters(std::span<const std::string> pieces) {
    std::vector<std::string> result;
    result.reserve(pieces.size());
    std::string open;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        open += pieces[i];
        const std::size_t kept = i + 1 < pieces.size() ? unfinished(open) : 0;
        const std::size_t whole = open.size() - kept;
        result.push_back(to_utf8(std::string_view(open).substr(0, whole)));
        open.erase(0, whole);
    }
    return result;
}

}  // namespace otherwise
