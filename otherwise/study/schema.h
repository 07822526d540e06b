// The tables of a run file, made by named migrations; docs/run-file.md describes them.
//
// Each migration runs in one transaction together with its record in the table `migrations`, so a
// file has all of a migration or nothing of it.
#pragma once

#include <string>

#include "otherwise/study/database.h"

namespace otherwise {

/// Brings a new or an older file to this version. Throws Error like require_schema.
void migrate(Database& database);

/// Throws Error: another program's file, one that a newer version made.
void require_ours(const Database& database);

/// The same, and for one that an older version made and that was not brought to this one.
void require_schema(const Database& database);

/// A column in a query: files of older versions lack those of newer ones, which then are NULL.
[[nodiscard]] std::string column_or_null(const Database& database, const std::string& table,
                                         const std::string& name);

/// The columns of a table of an attached file, for both sides of a copy: "a", "b".
[[nodiscard]] std::string columns_of(const Database& database, const std::string& schema,
                                     const std::string& table);

}  // namespace otherwise
