#include "otherwise/console/strings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "otherwise/console/glyphs.h"

namespace otherwise::console {
namespace {

constexpr int kWidestName = 20;
constexpr int kPromptLines = 3;
constexpr std::string_view kFactual = "factual";

void pad_to(Cells& cells, int width) {
    const int missing = width - width_of(cells);
    append(cells, std::string(static_cast<std::size_t>(std::max(missing, 0)), ' '), Ink::plain);
}

int body_width(const Style& style, int indent) {
    return std::max(std::min(style.width, kWidestText) - indent, 2);
}

Cells name_cells(std::string_view name, int width, Ink ink) {
    Cells head = cells_of("  ");
    for (auto& cell : keep_head(cells_of(name, ink), width)) {
        head.push_back(std::move(cell));
    }
    pad_to(head, width + 4);
    return head;
}

int name_width(const PairView& view, const Style& style) {
    int width = static_cast<int>(kFactual.size());
    for (const auto& world : view.worlds) {
        width = std::max(width, display_width(world.world));
    }
    return std::min({width, kWidestName, style.width / 4});
}

/// The mark of how a text ended; never on a line of its own.
void append_end(Cells& cells, const ShownText& shown, Ink ink) {
    if (shown.ended) {
        append(cells, "∎", ink);
    } else {
        cells.push_back({.glyph = " …", .width = 2, .ink = Ink::dim});
    }
}

Cells world_body(const WorldView& view, int width) {
    if (view.unchanged) {
        return cells_of(view.fragile ? "unchanged (fragile)" : "unchanged", Ink::dim);
    }
    const std::string_view text = view.written.text;
    // A token may end inside a character: that character is no longer shared.
    std::size_t shared = std::min(view.shared_bytes, text.size());
    while (shared > 0 && shared < text.size() &&
           (static_cast<unsigned char>(text[shared]) & 0xC0U) == 0x80U) {
        --shared;
    }
    Cells common = cells_of(text.substr(0, shared), Ink::dim);
    Cells body =
        width_of(common) > 2 * width ? keep_tail(std::move(common), 2 * width / 3) : common;
    append(body, "│", Ink::accent);
    append(body, text.substr(shared), Ink::changed);
    append_end(body, view.written, Ink::accent);
    if (view.fragile) {
        append(body, " (fragile)", Ink::dim);
    }
    return body;
}

// ---- the table

std::string percent(double share) {
    if (share > 0.0 && share < 0.005) {
        return "<1%";
    }
    return share < 1.0 && share >= 0.995 ? ">99%" : fmt::format("{:.0f}%", 100.0 * share);
}

struct Column {
    std::array<std::string, 2> heading;
    std::vector<std::string> cells;
};

/// A count and its share, each aligned.
std::vector<std::string> with_shares(std::span<const TableRow> rows, std::int64_t Summary::*count,
                                     double Summary::*share) {
    std::size_t digits = 1;
    for (const auto& row : rows) {
        digits = std::max(digits, fmt::formatted_size("{}", row.summary.*count));
    }
    std::vector<std::string> cells;
    for (const auto& row : rows) {
        cells.push_back(
            fmt::format("{:>{}} {:>4}", row.summary.*count, digits, percent(row.summary.*share)));
    }
    return cells;
}

std::vector<Column> table_columns(std::span<const TableRow> rows) {
    std::vector<Column> columns = {
        {.heading = {"", "strings"}, .cells = {}},
        {.heading = {"", "unchanged"},
         .cells = with_shares(rows, &Summary::unchanged, &Summary::unchanged_share)},
        {.heading = {"LCP", "median"}, .cells = {}},
        {.heading = {"LCP", "mean"}, .cells = {}},
        {.heading = {"LCP", "share"}, .cells = {}},
        {.heading = {"changed", "tokens"},
         .cells = with_shares(rows, &Summary::changed_tokens, &Summary::changed_share)},
        {.heading = {"", "fragile"}, .cells = {}},
    };
    for (const auto& row : rows) {
        const Summary& s = row.summary;
        columns[0].cells.push_back(fmt::format("{}", s.strings));
        columns[2].cells.push_back(fmt::format("{:.1f}", s.lcp_median));
        columns[3].cells.push_back(fmt::format("{:.1f}", s.lcp_mean));
        columns[4].cells.push_back(percent(s.lcp_mean_share));
        columns[6].cells.push_back(fmt::format("{}", s.fragile));
    }
    if (std::ranges::any_of(rows, [](const auto& row) { return row.over_nudge.has_value(); })) {
        Column over{.heading = {"over", "nudge"}, .cells = {}};
        for (const auto& row : rows) {
            const double share = row.over_nudge.value_or(0.0);
            const char* sign = share < 0.0 ? "−" : "+";
            over.cells.push_back(row.over_nudge ? sign + percent(std::abs(share)) : "");
        }
        columns.insert(columns.begin() + 2, std::move(over));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (auto& column : columns) {
            if (rows[i].summary.strings == 0 && &column != columns.data()) {
                column.cells[i] = "–";
            }
        }
    }
    return columns;
}

std::size_t width_of(const Column& column) {
    std::size_t width = std::max(column.heading[0].size(), column.heading[1].size());
    for (const auto& cell : column.cells) {
        width = std::max(width, static_cast<std::size_t>(display_width(cell)));
    }
    return width;
}

/// A column's text, at its right edge and two columns from its neighbour.
void append_right(Cells& line, std::string_view text, std::size_t width, Ink ink) {
    pad_to(line, width_of(line) + static_cast<int>(width) + 2 - display_width(text));
    append(line, text, ink);
}

/// The floors last.
std::vector<TableRow> in_order(std::span<const TableRow> rows) {
    std::vector<TableRow> ordered(rows.begin(), rows.end());
    std::ranges::stable_sort(ordered, {}, [](const TableRow& row) { return rank_of(row.role); });
    for (auto& row : ordered) {
        row.world = floor_name(row.world, row.role);
    }
    return ordered;
}

bool is_broken_floor(const TableRow& row) {
    return row.role == WorldRole::null && row.summary.unchanged < row.summary.strings;
}

}  // namespace

ShownText shown_text(const Written& written, const TextOf& text) {
    std::span<const Token> tokens = written.tokens;
    if (written.ended && !tokens.empty()) {
        tokens = tokens.first(tokens.size() - 1);
    }
    return {.text = text(tokens), .ended = written.ended};
}

WorldView world_view(const Pair& pair, std::string world, const TextOf& text) {
    const std::span<const Token> tokens = pair.counterfactual.tokens;
    const auto shared = std::min(static_cast<std::size_t>(std::max(pair.lcp, 0)), tokens.size());
    return {.world = std::move(world),
            .written = shown_text(pair.counterfactual, text),
            .shared_bytes = text(tokens.first(shared)).size(),
            .unchanged = pair.unchanged(),
            .fragile = is_fragile(pair)};
}

std::string render_pair(const PairView& view, const Style& style) {
    Cells title = cells_of("▌ ", Ink::accent);
    append(title, view.sample == 0 ? view.id : fmt::format("{}#{}", view.id, view.sample),
           Ink::strong);
    title = keep_head(std::move(title), std::min(style.width, kWidestText) / 2);
    append(title, "  ", Ink::plain);
    const int prompt_width = kPromptLines * body_width(style, width_of(title)) - kPromptLines * 8;
    std::string text =
        hang(title, keep_tail(cells_of(view.prompt, Ink::strong), prompt_width), style);

    const int names = name_width(view, style);
    Cells factual = cells_of(view.factual.text);
    append_end(factual, view.factual, Ink::plain);
    text += hang(name_cells(kFactual, names, Ink::dim), factual, style);
    for (const auto& world : view.worlds) {
        const Cells body = world_body(world, body_width(style, names + 4));
        text += hang(name_cells(world.world, names, world.unchanged ? Ink::dim : Ink::plain), body,
                     style);
    }
    return text + "\n";
}

std::string render_legend(const Style& style) {
    const Cells line =
        cells_of("│ the strings divide   ∎ the model's own end   … the limit", Ink::dim);
    return paint(line, style.colour) + "\n";
}

int rank_of(WorldRole role) {
    if (role == WorldRole::change) {
        return 0;
    }
    return role == WorldRole::nudge ? 1 : 2;
}

std::string floor_name(std::string_view world, WorldRole role) {
    return std::string(world) + (role == WorldRole::null ? " (floor)" : "");
}

std::string render_table(std::span<const TableRow> rows, const Style& style) {
    const auto ordered = in_order(rows);
    const auto columns = table_columns(ordered);
    int others = 2;
    for (const auto& column : columns) {
        others += static_cast<int>(width_of(column)) + 2;
    }
    int names = display_width("world");
    for (const auto& row : ordered) {
        names = std::max(names, display_width(row.world));
    }
    names = std::min(names, std::max(style.width - others, 12));

    std::string text;
    const auto add_line = [&](std::string_view name, Ink ink, const auto& cell_of) {
        Cells line = name_cells(name, names, ink);
        line.resize(line.size() - 2);  // the columns bring their own gap
        for (const auto& column : columns) {
            append_right(line, cell_of(column), width_of(column), ink);
        }
        while (!line.empty() && line.back().glyph == " ") {
            line.pop_back();
        }
        text += paint(line, style.colour) + "\n";
    };
    add_line("", Ink::dim, [](const Column& c) -> const std::string& { return c.heading[0]; });
    add_line("world", Ink::dim, [](const Column& c) -> const std::string& { return c.heading[1]; });
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        const bool broken = is_broken_floor(ordered[i]);
        const Ink usual = ordered[i].role != WorldRole::change ? Ink::dim : Ink::plain;
        const Ink ink = broken ? Ink::alarm : usual;
        add_line(ordered[i].world, ink,
                 [i](const Column& c) -> const std::string& { return c.cells[i]; });
        if (broken) {
            const Cells alarm = cells_of("  ^ the floor should be unchanged in every string", ink);
            text += paint(alarm, style.colour) + "\n";
        }
    }
    return text;
}

}  // namespace otherwise::console
