#ifdef OTHERWISE_JINJA
#include "otherwise/model/jinja_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "otherwise/model/jinja_budget.h"

namespace otherwise {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

std::size_t next_character(std::string_view text, std::size_t at) {
    do {
        ++at;
    } while (at < text.size() && continues(text[at]));
    return at;
}

std::size_t character_before(std::string_view text, std::size_t at) {
    do {
        --at;
    } while (at > 0 && continues(text[at]));
    return at;
}

/// str.isspace() of one character.
bool is_blank(std::string_view c) {
    static constexpr std::array<std::string_view, 19> kBlanks{
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
        "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
        "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
    if (c.size() == 1) {
        return (c[0] >= '\t' && c[0] <= '\r') || (c[0] >= '\x1C' && c[0] <= ' ');
    }
    return std::ranges::find(kBlanks, c) != kBlanks.end();
}

bool is_other_blank(std::string_view c) {
    return is_blank(c) && c != " " && c != "\t" && c != "\n" && c != "\r";
}

/// Where each character begins.
std::vector<std::size_t> starts_of(std::string_view text) {
    spend(text.size(), sizeof(std::size_t));
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < text.size(); at = next_character(text, at)) {
        starts.push_back(at);
    }
    return starts;
}

using Pieces = std::vector<std::pair<std::size_t, std::size_t>>;

Pieces split_at(std::string_view text, std::string_view separator, std::int64_t most,
                bool from_right) {
    if (separator.empty()) {
        refuse_jinja("an empty separator");
    }
    Pieces pieces;
    std::size_t begin = 0;
    std::size_t end = text.size();
    for (; most != 0; --most) {
        const auto rest = text.substr(begin, end - begin);
        const auto at = from_right ? rest.rfind(separator) : rest.find(separator);
        if (at == std::string_view::npos) {
            break;
        }
        if (from_right) {
            pieces.emplace_back(begin + at + separator.size(), end);
            end = begin + at;
        } else {
            pieces.emplace_back(begin, begin + at);
            begin += at + separator.size();
        }
    }
    pieces.emplace_back(begin, end);
    return pieces;
}

Pieces split_at_blanks(std::string_view text, std::int64_t most) {
    Pieces pieces;
    std::size_t at = 0;
    const auto pass = [&](bool blanks) {
        while (at < text.size() &&
               is_blank(text.substr(at, next_character(text, at) - at)) == blanks) {
            at = next_character(text, at);
        }
        return at;
    };
    while (pass(true) < text.size()) {
        const auto begin = at;
        if (most == 0) {
            pieces.emplace_back(begin, text.size());
            break;
        }
        pieces.emplace_back(begin, pass(false));
        --most;
    }
    return pieces;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

jinja::string cut(const jinja::string& text, std::size_t begin, std::size_t end) {
    jinja::string result;
    std::size_t at = 0;
    for (const auto& part : text.parts) {
        const auto from = std::max(begin, at);
        const auto to = std::min(end, at + part.val.size());
        if (from < to) {
            result.parts.push_back({part.is_input, part.val.substr(from - at, to - from)});
        }
        at += part.val.size();
        if (at >= end) {
            break;
        }
    }
    return result;
}

std::size_t count_characters(const jinja::string& text) {
    std::size_t count = 0;
    for (const auto& part : text.parts) {
        count += static_cast<std::size_t>(
            std::ranges::count_if(part.val, [](char c) { return !continues(c); }));
    }
    return count;
}

std::optional<jinja::string> character_at(const jinja::string& text, std::int64_t index) {
    const auto all = text.str();
    const auto starts = starts_of(all);
    const auto size = static_cast<std::int64_t>(starts.size());
    index += index < 0 ? size : 0;
    if (index < 0 || index >= size) {
        return std::nullopt;
    }
    const auto at = starts[static_cast<std::size_t>(index)];
    return cut(text, at, next_character(all, at));
}

std::vector<std::size_t> slice_indices(std::size_t size, const JinjaSlice& slice) {
    const auto count = static_cast<std::int64_t>(size);
    const bool up = slice.step > 0;
    const std::int64_t least = up ? 0 : -1;
    const std::int64_t most = up ? count : count - 1;
    const auto bound = [&](std::optional<std::int64_t> given, std::int64_t otherwise) {
        if (!given) {
            return otherwise;
        }
        return std::clamp(*given < 0 ? std::max(*given, -count - 1) + count : *given, least, most);
    };
    const auto start = bound(slice.start, up ? least : most);
    const auto stop = bound(slice.stop, up ? most : least);
    std::vector<std::size_t> indices;
    const auto step = std::clamp(slice.step, -count - 1, count + 1);
    for (auto i = start; up ? i < stop : i > stop; i += step) {
        indices.push_back(static_cast<std::size_t>(i));
    }
    return indices;
}

jinja::string sliced(const jinja::string& text, const JinjaSlice& slice) {
    const auto all = text.str();
    auto starts = starts_of(all);
    const auto indices = slice_indices(starts.size(), slice);
    starts.push_back(all.size());
    if (indices.empty()) {
        return {};
    }
    if (slice.step == 1) {
        return cut(text, starts[indices.front()], starts[indices.back() + 1]);
    }
    spend(indices.size(), kWorkOfValue + text.parts.size());
    jinja::string result;
    for (const auto index : indices) {
        result.append(cut(text, starts[index], starts[index + 1]));
    }
    return result;
}

jinja::string stripped(const jinja::string& text, bool left, bool right,
                       const std::optional<std::string>& characters) {
    const auto all = text.str();
    const auto goes = [&](std::size_t from, std::size_t to) {
        const auto c = std::string_view(all).substr(from, to - from);
        return characters ? characters->find(c) != std::string::npos : is_blank(c);
    };
    if (characters) {
        spend(all.size(), characters->size());
    }
    std::size_t begin = 0;
    std::size_t end = all.size();
    while (left && begin < end && goes(begin, next_character(all, begin))) {
        begin = next_character(all, begin);
    }
    while (right && begin < end && goes(character_before(all, end), end)) {
        end = character_before(all, end);
    }
    return cut(text, begin, end);
}

bool starts_with_other_blank(std::string_view text) {
    return !text.empty() && is_other_blank(text.substr(0, next_character(text, 0)));
}

bool ends_with_other_blank(std::string_view text) {
    return !text.empty() && is_other_blank(text.substr(character_before(text, text.size())));
}

std::vector<jinja::string> split(const jinja::string& text,
                                 const std::optional<std::string>& separator, std::int64_t most,
                                 bool from_right) {
    const auto all = text.str();
    if (!separator && most >= 0 && from_right) {
        refuse_jinja("rsplit at blanks, a number of times");
    }
    const auto pieces =
        separator ? split_at(all, *separator, most, from_right) : split_at_blanks(all, most);
    spend(pieces.size(), kWorkOfValue + text.parts.size());
    std::vector<jinja::string> texts;
    for (const auto& [begin, end] : pieces) {
        texts.push_back(cut(text, begin, end));
    }
    if (separator && from_right) {
        std::ranges::reverse(texts);
    }
    return texts;
}

jinja::string in_case(const jinja::string& text, LetterCase letters) {
    jinja::string result = text;
    bool at_start = true;
    for (auto& part : result.parts) {
        for (char& c : part.val) {
            if (static_cast<unsigned char>(c) >= 0x80) {
                refuse_jinja("upper or lower case of letters other than a to z");
            }
            const bool is_title = letters == LetterCase::title;
            if (is_title && !is_letter(c) && !is_blank({&c, 1})) {
                refuse_jinja("title() of more than letters and blanks");
            }
            const bool is_upper =
                letters == LetterCase::upper || (letters != LetterCase::lower && at_start);
            c = is_upper ? upper(c) : lower(c);
            at_start = is_title && !is_letter(c);
        }
    }
    return result;
}

}  // namespace otherwise
#endif
