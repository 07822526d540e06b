#include "otherwise/console/glyphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "otherwise/base/text.h"

namespace otherwise::console {
namespace {

constexpr std::ptrdiff_t kLongestCutWord = 16;

/// The first and the last code point of a range.
using CodeRange = std::pair<std::uint32_t, std::uint32_t>;

/// Controls, and what reorders a line or leaves no trace on it.
constexpr std::array<CodeRange, 12> kHidden = {{{0x00, 0x1F},
                                                {0x7F, 0x9F},
                                                {0xAD, 0xAD},
                                                {0x61C, 0x61C},
                                                {0x180E, 0x180E},
                                                {0x200B, 0x200B},
                                                {0x200E, 0x200F},
                                                {0x2028, 0x202E},
                                                {0x2060, 0x206F},
                                                {0xFEFF, 0xFEFF},
                                                {0xFFF9, 0xFFFB},
                                                {0xE0000, 0xE007F}}};

/// Combining marks of the scripts that have most of them; the order is ascending.
constexpr std::array<CodeRange, 44> kCombining = {
    {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x5BF, 0x5BF},    {0x5C1, 0x5C2},
     {0x5C4, 0x5C5},   {0x5C7, 0x5C7},   {0x610, 0x61A},   {0x64B, 0x65F},    {0x670, 0x670},
     {0x6D6, 0x6DC},   {0x6DF, 0x6E4},   {0x6E7, 0x6E8},   {0x6EA, 0x6ED},    {0x711, 0x711},
     {0x730, 0x74A},   {0x900, 0x902},   {0x93A, 0x93A},   {0x93C, 0x93C},    {0x941, 0x948},
     {0x94D, 0x94D},   {0x951, 0x957},   {0x962, 0x963},   {0x981, 0x981},    {0x9BC, 0x9BC},
     {0x9C1, 0x9C4},   {0x9CD, 0x9CD},   {0xBCD, 0xBCD},   {0xC4D, 0xC4D},    {0xE31, 0xE31},
     {0xE34, 0xE3A},   {0xE47, 0xE4E},   {0xEB1, 0xEB1},   {0xEB4, 0xEBC},    {0xEC8, 0xECD},
     {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200C, 0x200D}, {0x20D0, 0x20FF},  {0x302A, 0x302D},
     {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}}};

/// East Asian Width W and F, neighbours merged; the order is ascending.
constexpr std::array<CodeRange, 57> kWide = {
    {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
     {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
     {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
     {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
     {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
     {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
     {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
     {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
     {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
     {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97C},   {0xAC00, 0xD7A3},
     {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
     {0xFFE0, 0xFFE6},   {0x16FE0, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
     {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F265}, {0x1F300, 0x1F64F},
     {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
     {0x20000, 0x3FFFD}}};

bool is_in(std::span<const CodeRange> ranges, std::uint32_t code) {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                        [](std::uint32_t c, const auto& r) { return c < r.first; });
    return after != ranges.begin() && code <= std::prev(after)->second;
}

/// Length of the UTF-8 sequence that a byte starts; the text is known to be well-formed.
std::size_t sequence_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0xC0) {
        return 1;
    }
    if (byte < 0xE0) {
        return 2;
    }
    return byte < 0xF0 ? 3 : 4;
}

std::uint32_t code_point(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence[0]);
    std::uint32_t code = sequence.size() == 1 ? lead : lead & (0x7FU >> sequence.size());
    for (const char c : sequence.substr(1)) {
        code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
    }
    return code;
}

std::string escape(std::uint32_t code) {
    switch (code) {
        case '\n':
            return "↵";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            break;
    }
    if (code < 0x100) {
        return fmt::format("\\x{:02x}", code);
    }
    return code <= 0xFFFF ? fmt::format("\\u{:04x}", code) : fmt::format("\\u{{{:x}}}", code);
}

constexpr std::string_view kReset = "\x1b[0m";

std::string_view start_of(Ink ink) {
    switch (ink) {
        case Ink::dim:
            return "\x1b[2m";
        case Ink::strong:
            return "\x1b[1m";
        case Ink::accent:
            return "\x1b[1;36m";
        case Ink::changed:
            return "\x1b[36m";
        case Ink::alarm:
            return "\x1b[1;31m";
        case Ink::doubtful:
            return "\x1b[33m";
        case Ink::unlikely:
            return "\x1b[31m";
        case Ink::plain:
            break;
    }
    return "";
}

/// What may stay as it is at the start of lines for people: a newline, or a colour of paint.
std::string_view own_start(std::string_view lines) {
    if (lines.starts_with('\n')) {
        return lines.substr(0, 1);
    }
    for (int ink = static_cast<int>(Ink::dim); ink <= static_cast<int>(Ink::unlikely); ++ink) {
        const auto start = start_of(static_cast<Ink>(ink));
        if (lines.starts_with(start)) {
            return start;
        }
    }
    return lines.starts_with(kReset) ? kReset : std::string_view();
}

bool is_space(const Cell& cell) { return cell.glyph == " "; }

/// Whether a line may end after this cell.
bool breaks_after(const Cell& cell) {
    return is_space(cell) || (cell.width == 2 && !cell.glyph.starts_with('\\'));
}

/// The cells without spaces at both ends.
Cells trimmed(std::span<const Cell> cells) {
    const auto is_text = [](const Cell& cell) { return !is_space(cell); };
    const auto first = std::find_if(cells.begin(), cells.end(), is_text);
    const auto last = std::find_if(cells.rbegin(), cells.rend(), is_text).base();
    return first < last ? Cells(first, last) : Cells{};
}

/// One past the last cell of the line that starts at `from`.
std::size_t line_end(std::span<const Cell> cells, std::size_t from, int width) {
    int used = 0;
    std::size_t last_break = from;
    for (std::size_t i = from; i < cells.size(); ++i) {
        // A space may hang over the edge, since it is dropped there.
        if (used + cells[i].width > width && !is_space(cells[i]) && i > from) {
            return last_break > from ? last_break : i;
        }
        used += cells[i].width;
        if (breaks_after(cells[i])) {
            last_break = i + 1;
        }
    }
    return cells.size();
}

}  // namespace

void append(Cells& cells, std::string_view text, Ink ink) {
    const std::string clean = to_utf8(text);
    const std::string_view rest = clean;
    const std::size_t before = cells.size();
    for (std::size_t i = 0; i < rest.size();) {
        const auto sequence = rest.substr(i, sequence_length(rest[i]));
        const auto code = code_point(sequence);
        i += sequence.size();
        if (is_in(kHidden, code)) {
            auto shown = escape(code);
            const int width = code == '\n' ? 1 : static_cast<int>(shown.size());
            cells.push_back({std::move(shown), width, ink});
        } else if (is_in(kCombining, code) && cells.size() > before) {
            cells.back().glyph += sequence;
        } else {
            const int alone = is_in(kWide, code) ? 2 : 1;
            const int width = is_in(kCombining, code) ? 0 : alone;
            cells.push_back({std::string(sequence), width, ink});
        }
    }
}

Cells cells_of(std::string_view text, Ink ink) {
    Cells cells;
    append(cells, text, ink);
    return cells;
}

int width_of(std::span<const Cell> cells) {
    int width = 0;
    for (const auto& cell : cells) {
        width += cell.width;
    }
    return width;
}

int display_width(std::string_view text) { return width_of(cells_of(text)); }

std::string visible(std::string_view text) { return paint(cells_of(text), false); }

std::string harmless(std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
        const auto own = own_start(lines);
        text += own;
        lines.remove_prefix(own.size());
        const auto next = lines.find_first_of("\n\x1b", own.empty() ? 1 : 0);
        text += visible(lines.substr(0, next));
        lines.remove_prefix(std::min(next, lines.size()));
    }
    return text;
}

std::vector<Cells> wrap(std::span<const Cell> cells, int width) {
    std::vector<Cells> lines;
    std::size_t from = 0;
    while (true) {
        while (from < cells.size() && is_space(cells[from])) {
            ++from;
        }
        if (from == cells.size()) {
            break;
        }
        const std::size_t end = line_end(cells, from, std::max(width, 2));
        lines.push_back(trimmed(cells.subspan(from, end - from)));
        from = end;
    }
    if (lines.empty()) {
        lines.emplace_back();
    }
    return lines;
}

Cells keep_tail(Cells cells, int width) {
    if (width_of(cells) <= width) {
        return cells;
    }
    int used = 1;
    auto first = cells.end();
    while (first != cells.begin() && used + std::prev(first)->width <= width) {
        --first;
        used += first->width;
    }
    const auto reach = std::min<std::ptrdiff_t>(cells.end() - first, kLongestCutWord);
    const auto space = std::find_if(first, first + reach, is_space);
    first = space == first + reach ? first : space;  // rather a whole word less
    Cells kept{{.glyph = "…", .width = 1, .ink = Ink::dim}};
    kept.insert(kept.end(), first, cells.end());
    return kept;
}

Cells keep_head(Cells cells, int width) {
    if (cells.empty() || width_of(cells) <= width) {
        return cells;
    }
    int used = 1;
    std::size_t count = 0;
    while (count < cells.size() && used + cells[count].width <= width) {
        used += cells[count++].width;
    }
    const Ink ink = cells.front().ink;
    cells.resize(count);
    cells.push_back({.glyph = "…", .width = 1, .ink = ink});
    return cells;
}

std::string paint(std::span<const Cell> cells, bool colour) {
    std::string bytes;
    Ink now = Ink::plain;
    for (const auto& cell : cells) {
        if (colour && cell.ink != now) {
            bytes += now == Ink::plain ? "" : kReset;
            bytes += start_of(cell.ink);
            now = cell.ink;
        }
        bytes += cell.glyph;
    }
    return now == Ink::plain ? bytes : bytes.append(kReset);
}

}  // namespace otherwise::console
