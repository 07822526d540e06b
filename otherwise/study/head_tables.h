// The head of a run in the tables of its file (schema.h): meta, files, worlds, probes and strings.
//
// Files of older versions lack keys and columns of newer ones, which then have their defaults. A
// table meta without what every version wrote, or with another type there, is an Error.
#pragma once

#include "otherwise/study/database.h"
#include "otherwise/study/run_head.h"

namespace otherwise {

/// Each in a transaction of the caller.
void write_head(Database& database, const RunHead& head);
/// Replaces the names of files, and those in worlds' items; the study's text stays.
void rename_files(Database& database, const RunHead& head);
[[nodiscard]] RunHead read_head(const Database& database);
/// All but the strings.
[[nodiscard]] RunHead read_facts(const Database& database);

/// Nothing waits: the strings of the shard are done, and their laws where the run has laws.
[[nodiscard]] bool is_finished(const Database& database, const RunHead& head);

}  // namespace otherwise
