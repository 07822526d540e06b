// Plain tables: a name at the left, columns aligned at the right, a heading of up to two lines.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cli/glyphs.h"

namespace otherwise::cli {

struct TableColumn {
    std::array<std::string, 2> heading;
    std::vector<std::string> cells;  ///< one for each name
};

struct Table {
    std::string heading;             ///< above the names
    std::vector<std::string> names;  ///< may start with spaces
    std::vector<TableColumn> columns;
};

/// The table in lines that are indented by two; columns without any cell are left out, and so is
/// an empty first line of headings. Names are cut to `name_width` columns.
[[nodiscard]] std::string render(const Table& table, bool colour, int name_width = 40);

}  // namespace otherwise::cli
