// Text of any origin as cells of a terminal: made harmless, measured, wrapped and painted.
//
// A model can write everything, escape sequences included. What would move the cursor, change
// colours, reorder the line or stay unseen is shown as \t \r \xNN \uNNNN; a newline is ↵. Widths
// follow Unicode: East Asian wide characters and emoji take two columns, combining marks none.
// Everything here is a pure function of its arguments; no locale is asked.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise::console {

/// How a cell is painted where there is colour.
enum class Ink { plain, dim, strong, accent, changed, alarm, doubtful, unlikely };

/// A character with its combining marks, or one escape such as \x1b; never broken by wrapping.
struct Cell {
    std::string glyph;
    int width = 1;  ///< columns
    Ink ink = Ink::plain;
};

using Cells = std::vector<Cell>;

/// The text as harmless cells. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] Cells cells_of(std::string_view text, Ink ink = Ink::plain);

void append(Cells& cells, std::string_view text, Ink ink);

/// Columns of all cells together.
[[nodiscard]] int width_of(std::span<const Cell> cells);

/// The same for a text.
[[nodiscard]] int display_width(std::string_view text);

/// The harmless text itself.
[[nodiscard]] std::string visible(std::string_view text);

/// The same of lines that were made for people: their newlines stay, and so do the colours of
/// paint.
[[nodiscard]] std::string harmless(std::string_view lines);

/// Lines of at most `width` columns, broken after spaces and wide characters, else anywhere. Spaces
/// at the start and end of a line are dropped. At least one line.
[[nodiscard]] std::vector<Cells> wrap(std::span<const Cell> cells, int width);

/// The end of the cells behind an ellipsis where they take more than `width` columns.
[[nodiscard]] Cells keep_tail(Cells cells, int width);

/// The start of the cells before an ellipsis where they take more than `width` columns.
[[nodiscard]] Cells keep_head(Cells cells, int width);

/// The cells as bytes; with colour, in runs of one ink, each ended by a reset.
[[nodiscard]] std::string paint(std::span<const Cell> cells, bool colour);

}  // namespace otherwise::console
