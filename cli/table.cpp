#include "cli/table.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace otherwise::cli {
namespace {

constexpr int kGap = 2;

std::vector<int> widths_of(const Table& table) {
    std::vector<int> widths(table.heading.size());
    const auto widen = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < widths.size() && i < cells.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(cells[i]));
        }
    };
    widen(table.heading);
    for (const auto& line : table.lines) {
        widen(line.cells);
    }
    return widths;
}

std::string render_line(const TableLine& line, const std::vector<int>& widths, const Style& style) {
    std::string text(kGap, ' ');
    for (std::size_t i = 0; i < widths.size() && i < line.cells.size(); ++i) {
        const auto room =
            static_cast<std::size_t>(std::max(0, widths[i] - display_width(line.cells[i])));
        const std::string cell = visible(line.cells[i]);
        text += i == 0 ? cell + std::string(room, ' ') : std::string(kGap + room, ' ') + cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return paint(cells_of(text, line.ink), style.colour) + "\n";
}

}  // namespace

std::string render(const Table& table, const Style& style) {
    const auto widths = widths_of(table);
    std::string text = render_line({.cells = table.heading, .ink = Ink::dim}, widths, style);
    for (const auto& line : table.lines) {
        text += render_line(line, widths, style);
    }
    return text;
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

}  // namespace otherwise::cli
