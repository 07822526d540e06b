// A run file as the first version wrote it: fewer columns, lists as JSON.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "otherwise/study/packed_list.h"

namespace otherwise::test {

inline void list_json_function(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[0]));
    const std::string json = list_json({bytes, size});
    sqlite3_result_text(context, json.data(), static_cast<int>(json.size()), SQLITE_TRANSIENT);
}

/// Makes a run file one of the first version, with the tables and lists of that.
inline void age(const std::filesystem::path& path) {
    constexpr const char* kOldLists = R"(
        UPDATE draws SET tokens = list_json(tokens);
        UPDATE pairs SET tokens = list_json(tokens);
        UPDATE prompts SET tokens = list_json(tokens);
        UPDATE laws SET stay = list_json(stay), p = list_json(p), q = list_json(q),
            kl = list_json(kl), same_draw = list_json(same_draw), same_top = list_json(same_top);
        UPDATE outcomes SET outcomes = list_json(outcomes);)";
    std::ifstream file(OTHERWISE_SOURCE_DIR "/tests/data/first_version.sql");
    const std::string old_tables(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(old_tables.empty());
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    sqlite3_create_function(raw, "list_json", 1, SQLITE_UTF8, nullptr, list_json_function, nullptr,
                            nullptr);
    for (const char* statements : {kOldLists, old_tables.c_str()}) {
        EXPECT_EQ(sqlite3_exec(raw, statements, nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(raw);
    }
    sqlite3_close(raw);
}

}  // namespace otherwise::test
