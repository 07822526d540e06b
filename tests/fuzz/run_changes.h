// Changes to a run file, from the bytes of an input: four bytes a change, which column of which
// table, which row, and one of the values below; what comes after a byte 0xFF is a text for a
// value. So inputs stay small, and SQLite's own checks, which are not what is looked at, are not in
// the way (run_image.cpp changes bytes).
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/study/database.h"

namespace otherwise::fuzz {

struct Place {
    const char* table;
    const char* column;
};

inline constexpr std::array kPlaces = {
    Place{"meta", "value"},
    Place{"worlds", "world"},
    Place{"worlds", "name"},
    Place{"worlds", "items"},
    Place{"worlds", "null_world"},
    Place{"worlds", "nudge"},
    Place{"strings", "string"},
    Place{"strings", "id"},
    Place{"strings", "prompt_tokens"},
    Place{"strings", "observed"},
    Place{"strings", "in_null"},
    Place{"strings", "state"},
    Place{"strings", "messages"},
    Place{"strings", "donor"},
    Place{"strings", "prompt_length"},
    Place{"draws", "string"},
    Place{"draws", "sample"},
    Place{"draws", "tokens"},
    Place{"draws", "ended"},
    Place{"draws", "observed"},
    Place{"draws", "law"},
    Place{"pairs", "string"},
    Place{"pairs", "sample"},
    Place{"pairs", "world"},
    Place{"pairs", "independent"},
    Place{"pairs", "tokens"},
    Place{"pairs", "ended"},
    Place{"pairs", "lcp"},
    Place{"pairs", "margin"},
    Place{"pairs", "runner_up"},
    Place{"prompts", "tokens"},
    Place{"prompts", "world"},
    Place{"laws", "world"},
    Place{"laws", "stay"},
    Place{"laws", "p"},
    Place{"laws", "kl"},
    Place{"laws", "string"},
    Place{"outcomes", "outcomes"},
    Place{"outcomes", "world"},
    Place{"pieces", "token"},
    Place{"pieces", "piece"},
    Place{"pieces", "ends"},
    Place{"probes", "worst"},
    Place{"files", "path"},
    Place{"sittings", "threads"},
};

inline constexpr std::array<std::string_view, 20> kValues = {"0",
                                                             "1",
                                                             "-1",
                                                             "2",
                                                             "3",
                                                             "99",
                                                             "2147483647",
                                                             "-2147483648",
                                                             "9223372036854775807",
                                                             "1e999",
                                                             "NULL",
                                                             "x'ff'",
                                                             "''",
                                                             "'[]'",
                                                             "'[0]'",
                                                             "'[-1]'",
                                                             "'[1,2,3]'",
                                                             "'[null]'",
                                                             "'[[0,[[5,0.5]]]]'",
                                                             "'null'"};

inline std::string quoted(std::string_view text) {
    std::string all = "'";
    for (const char c : text) {
        all.append(c == '\'' ? 2 : 1, c == '\0' ? ' ' : c);
    }
    return all + "'";
}

/// The statements of an input.
inline std::string changes_of(std::string_view input) {
    const auto text = std::min(input.find('\xFF'), input.size());
    const std::string own = text < input.size() ? quoted(input.substr(text + 1)) : "NULL";
    std::string sql;
    for (std::size_t i = 0; i + 4 <= text; i += 4) {
        const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(input[i + k]); };
        const auto& [table, column] = kPlaces[byte(0) % kPlaces.size()];
        const std::size_t value = byte(2) % (kValues.size() + 1);
        sql += std::string("UPDATE OR IGNORE ") + table + " SET " + column + " = " +
               (value < kValues.size() ? std::string(kValues[value]) : own) + " WHERE (SELECT " +
               (byte(3) % 2 == 0 ? "count(*) = " + std::to_string(byte(1)) : std::string("1")) +
               " FROM " + table + " t WHERE t." + column + " < " + table + "." + column + ");";
    }
    return sql;
}

/// Whether SQLite makes these changes.
inline bool change(const std::filesystem::path& path, const std::string& sql) {
    try {
        Database database(path, OpenMode::write);
        database.run("PRAGMA journal_mode = DELETE");
        database.run("PRAGMA synchronous = OFF");
        database.run("PRAGMA foreign_keys = OFF");
        database.run(sql);
    } catch (const Error&) {
        return false;
    }
    return true;
}

}  // namespace otherwise::fuzz
