// Study files, written and checked (study.h reads them).
#pragma once

#include <filesystem>

#include "otherwise/study/study.h"

namespace otherwise {

/// Writes the study's TOML, whole or not at all. Throws misuse where its strings are read from
/// standard input; Error where the file cannot be written.
void save_study(const Study& study, const std::filesystem::path& path);

/// Throws Error, with its line, where a file that the study file at `path` names is not there.
/// `study` is what was read from it, perhaps with other values since.
void require_files(const Study& study, const std::filesystem::path& path);

}  // namespace otherwise
