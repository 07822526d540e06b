// A plain table for terminals: names at the left, numbers at their right edges, one line a row.
#pragma once

#include <string>
#include <vector>

#include "cli/glyphs.h"
#include "cli/show.h"

namespace otherwise::cli {

struct TableLine {
    std::vector<std::string> cells;  ///< the first at the left edge, the others right-aligned
    Ink ink = Ink::plain;
};

struct Table {
    std::vector<std::string> heading;
    std::vector<TableLine> lines;
};

/// Two columns between neighbours, each as wide as its widest cell; the heading dim. Cells are made
/// harmless. Lines are not cut.
[[nodiscard]] std::string render(const Table& table, const Style& style);

/// A bar of `share` (0 to 1) of `width` columns, in eighths of a column.
[[nodiscard]] std::string bar(double share, int width);

}  // namespace otherwise::cli
