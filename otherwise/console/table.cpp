#include "otherwise/console/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace otherwise::console {
namespace {

int width_of(const TableColumn& column) {
    int width = std::max(display_width(column.heading[0]), display_width(column.heading[1]));
    for (const auto& cell : column.cells) {
        width = std::max(width, display_width(cell));
    }
    return width;
}

bool is_empty(const TableColumn& column) {
    return std::all_of(column.cells.begin(), column.cells.end(),
                       [](const std::string& cell) { return cell.empty(); });
}

std::string spaces(int count) {
    std::string text;
    text.resize(static_cast<std::size_t>(std::max(count, 0)), ' ');
    return text;
}

}  // namespace

Table table_of(const std::vector<std::string>& heading, const std::vector<TableLine>& lines) {
    Table table{.heading = heading.front(), .names = {}, .columns = {}};
    const auto cell = [](const TableLine& line, std::size_t i) {
        return i < line.cells.size() ? line.cells[i] : std::string();
    };
    for (const auto& line : lines) {
        table.names.push_back(cell(line, 0));
        table.inks.push_back(line.ink);
    }
    for (std::size_t i = 1; i < heading.size(); ++i) {
        TableColumn column{.heading = {"", heading[i]}, .cells = {}};
        for (const auto& line : lines) {
            column.cells.push_back(cell(line, i));
        }
        table.columns.push_back(std::move(column));
    }
    return table;
}

std::string bar(double share, int width) {
    constexpr std::array<const char*, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double filled = std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0) * width;
    const auto eighths = static_cast<int>(std::lround(filled * 8.0));
    std::string text;
    for (int i = 0; i < eighths / 8; ++i) {
        text += "█";
    }
    return text + kEighths[static_cast<std::size_t>(eighths % 8)];
}

std::string render(const Table& table, bool colour, int name_width) {
    std::vector<TableColumn> columns;
    std::copy_if(table.columns.begin(), table.columns.end(), std::back_inserter(columns),
                 [](const TableColumn& column) { return !is_empty(column); });
    int names = display_width(table.heading);
    for (const auto& name : table.names) {
        names = std::max(names, display_width(name));
    }
    names = std::min(names, name_width);
    std::string text;
    const auto add_line = [&](const std::string& name, Ink ink, const auto& cell_of) {
        Cells line = cells_of("  ", ink);
        const Cells shown = keep_head(cells_of(name, ink), names);
        line.insert(line.end(), shown.begin(), shown.end());
        append(line, spaces(names + 2 - width_of(line)), ink);
        for (const auto& column : columns) {
            const std::string& cell = cell_of(column);
            append(line, spaces(width_of(column) + 2 - display_width(cell)) + cell, ink);
        }
        while (!line.empty() && line.back().glyph == " ") {
            line.pop_back();
        }
        text += paint(line, colour) + "\n";
    };
    if (std::any_of(columns.begin(), columns.end(),
                    [](const TableColumn& column) { return !column.heading[0].empty(); })) {
        add_line("", Ink::dim,
                 [](const TableColumn& c) -> const std::string& { return c.heading[0]; });
    }
    add_line(table.heading, Ink::dim,
             [](const TableColumn& c) -> const std::string& { return c.heading[1]; });
    for (std::size_t i = 0; i < table.names.size(); ++i) {
        add_line(table.names[i], i < table.inks.size() ? table.inks[i] : Ink::plain,
                 [i](const TableColumn& c) -> const std::string& { return c.cells[i]; });
    }
    return text;
}

}  // namespace otherwise::console
