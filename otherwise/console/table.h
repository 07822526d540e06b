// Plain tables: a name at the left, columns aligned at the right, a heading of up to two lines.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "otherwise/console/glyphs.h"

namespace otherwise::console {

struct TableColumn {
    std::array<std::string, 2> heading;
    std::vector<std::string> cells;  ///< one for each name
};

struct Table {
    std::string heading;             ///< above the names
    std::vector<std::string> names;  ///< may start with spaces
    std::vector<TableColumn> columns;
    std::vector<Ink> inks{};  ///< of each line; plain where there is none
};

/// A line of a table that is made line by line: its name, then its cells.
struct TableLine {
    std::vector<std::string> cells;
    Ink ink = Ink::plain;
};

/// The table of these lines; missing cells stay empty. The heading has the name's first.
[[nodiscard]] Table table_of(const std::vector<std::string>& heading,
                             const std::vector<TableLine>& lines);

/// The table in lines that are indented by two; columns without any cell are left out, and so is
/// an empty first line of headings. Names are cut to `name_width` columns.
[[nodiscard]] std::string render(const Table& table, bool colour, int name_width = 40);

/// A bar of `share` (0 to 1) of `width` columns, in eighths of a column.
[[nodiscard]] std::string bar(double share, int width);

}  // namespace otherwise::console
