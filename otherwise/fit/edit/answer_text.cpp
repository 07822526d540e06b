#include "otherwise/fit/edit/answer_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
using Range = std::pair<char32_t, char32_t>;

// Unicode blocks of scripts without spaces between words, and of fullwidth signs.
constexpr std::array<Range, 15> kWithoutSpaces{{
    {0x0E00, 0x0EFF},    // Thai, Lao
    {0x0F00, 0x0FFF},    // Tibetan
    {0x1000, 0x109F},    // Myanmar
    {0x1780, 0x17FF},    // Khmer
    {0x1950, 0x19FF},    // Tai Le, New Tai Lue, Khmer symbols
    {0x1A20, 0x1AAF},    // Tai Tham
    {0x2E80, 0x2FDF},    // radicals
    {0x3000, 0x312F},    // punctuation, Hiragana, Katakana, Bopomofo
    {0x31A0, 0x4DBF},    // extensions, Han A
    {0x4E00, 0x9FFF},    // Han
    {0xA9E0, 0xA9FF},    // Myanmar
    {0xAA60, 0xAA7F},    // Myanmar
    {0xF900, 0xFAFF},    // Han
    {0xFE30, 0xFF9F},    // vertical, small, fullwidth and halfwidth kana
    {0x20000, 0x323AF},  // Han B and on
}};
// General punctuation, and that of Latin-1.
constexpr std::array<Range, 2> kPunctuation{{{0x00A0, 0x00BF}, {0x2000, 0x206F}}};
// After these, and after signs of currency, no space comes.
constexpr std::u32string_view kOpening =
    U"([{/#@-$\u00A3\u00A5\u00AB\u00BF\u00A1\u2018\u201C\u201E\u2039";
constexpr Range kCurrency{0x20A0, 0x20CF};
constexpr std::size_t kLongestEnding = 2;  // of 's, 're, 'll
constexpr std::u32string_view kClosing = U".,;:!?)]}%\u00BB\u2019\u201D\u203A\u2026";

template <std::size_t n>
bool within(char32_t sign, const std::array<Range, n>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const Range& r) { return sign >= r.first && sign <= r.second; });
}

bool without_spaces(char32_t sign) { return within(sign, kWithoutSpaces); }

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// The sign whose first byte is text[at]; 0 beyond the end.
char32_t sign_at(std::string_view text, std::size_t at) {
    constexpr unsigned kBits = 6;
    if (at >= text.size()) {
        return 0;
    }
    const auto lead = static_cast<unsigned char>(text[at]);
    const int more = std::clamp(std::countl_one(lead) - 1, 0, 3);
    constexpr std::array<unsigned, 4> kLead{0x7F, 0x1F, 0x0F, 0x07};
    char32_t sign = lead & kLead[static_cast<std::size_t>(more)];
    for (int i = 1; i <= more && at + static_cast<std::size_t>(i) < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
        sign = (sign << kBits) | (byte & 0x3FU);
    }
    return sign;
}

/// The last sign of text[0, end); 0 where there is none.
char32_t sign_before(std::string_view text, std::size_t end) {
    if (end == 0) {
        return 0;
    }
    std::size_t at = end - 1;
    while (at > 0 && continues(text[at])) {
        --at;
    }
    return sign_at(text, at);
}

/// Part of a word that spaces set apart.
bool in_word(char32_t sign) {
    if (sign < 0x80) {
        return (sign >= '0' && sign <= '9') || (sign >= 'A' && sign <= 'Z') ||
               (sign >= 'a' && sign <= 'z') || sign == '_';
    }
    return !without_spaces(sign) && !within(sign, kPunctuation);
}

/// A mark that opens: one of a pair that is written differently, or an odd '"'.
bool opens(std::string_view prompt) {
    const char32_t last = sign_before(prompt, prompt.size());
    return kOpening.find(last) != std::u32string_view::npos ||
           (last >= kCurrency.first && last <= kCurrency.second) ||
           (last == '"' && std::count(prompt.begin(), prompt.end(), '"') % 2 == 1);
}

bool closes(std::string_view answer) {
    std::size_t at = 0;
    while (at < answer.size() && kClosing.find(sign_at(answer, at)) != std::u32string_view::npos) {
        for (++at; at < answer.size() && continues(answer[at]);) {
            ++at;
        }
    }
    return at > 0 && !in_word(sign_at(answer, at));
}

/// An ending of the word before: 's, 're.
bool is_ending(std::string_view answer) {
    const char32_t mark = sign_at(answer, 0);
    if (mark != U'\'' && mark != U'\u2019') {
        return false;
    }
    std::size_t at = mark == U'\'' ? 1 : 3;
    const std::size_t first = at;
    while (at < answer.size() && in_word(sign_at(answer, at))) {
        ++at;
    }
    return at > first && at - first <= kLongestEnding;
}

/// What goes between a prompt without spaces at its end and an answer without any at its start.
std::string_view between(std::string_view prompt, std::string_view answer) {
    const char32_t last = sign_before(prompt, prompt.size());
    const bool none = prompt.empty() || answer.empty() || last == '\n' || last == '\r' ||
                      without_spaces(last) || without_spaces(sign_at(answer, 0)) || opens(prompt) ||
                      closes(answer) || is_ending(answer);
    return none ? "" : " ";
}

}  // namespace

JoinedText joined_text(std::string_view prompt, std::string_view answer) {
    constexpr std::string_view kBlank = " \t";
    const auto start = prompt.substr(0, prompt.find_last_not_of(kBlank) + 1);
    if (start.empty()) {  // nothing but space, or nothing
        return {.prompt = std::string(prompt), .answer = std::string(answer)};
    }
    const bool spaced = !answer.empty() && kSpace.find(answer.front()) != std::string_view::npos;
    std::string_view gap = spaced ? "" : between(start, answer);
    if (!spaced && start.size() < prompt.size()) {
        gap = " ";  // written at the end of the prompt
    }
    return {.prompt = std::string(start), .answer = std::string(gap) + std::string(answer)};
}

std::string whole_text(std::string_view prompt, std::string_view answer) {
    const auto text = joined_text(prompt, answer);
    return std::string(trimmed_end(text.prompt + text.answer));
}

std::vector<std::size_t> places_of(std::string_view text, std::string_view word, bool inside) {
    std::vector<std::size_t> places;
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool joined_before = in_word(sign_before(text, at)) && in_word(sign_at(word, 0));
        const bool joined_after =
            in_word(sign_at(text, end)) && in_word(sign_before(word, word.size()));
        if (inside || (!joined_before && !joined_after)) {
            places.push_back(at);
        }
    }
    return places;
}

}  // namespace otherwise
