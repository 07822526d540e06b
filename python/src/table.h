// Tables in memory, column by column, as Apache Arrow lays them out: texts and lists are one run of
// values with the offsets of each row. Numbers are lent to numpy as they lie there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise::python {

enum class ColumnType { text, whole, real, flag, tokens, reals };

/// One column; of its vectors those of its type are used.
struct Column {
    std::string name;
    ColumnType type = ColumnType::text;
    std::vector<std::int64_t> offsets{0};  ///< [rows + 1] of texts (bytes) and lists
    std::string bytes;                     ///< UTF-8
    std::vector<std::int64_t> wholes;
    std::vector<double> reals;  ///< of `real` and of `reals`
    std::vector<Token> tokens;
    std::vector<std::uint8_t> flags;  ///< 0 or 1
    std::vector<std::uint8_t> there;  ///< [rows] 0 where there is no value

    void add(std::string_view text);
    void add(std::int64_t whole);
    void add(double real);
    void add_flag(bool flag);
    void add(const Tokens& list);
    void add(const std::vector<double>& list);
    void add_none();

    [[nodiscard]] bool is_list() const {
        return type == ColumnType::tokens || type == ColumnType::reals;
    }
};

/// Columns of as many rows.
struct Columns {
    std::vector<std::unique_ptr<Column>> columns;
    std::size_t rows = 0;

    /// A new one, at the end.
    Column& column(std::string name, ColumnType type);
};

using SharedColumns = std::shared_ptr<const Columns>;

}  // namespace otherwise::python
