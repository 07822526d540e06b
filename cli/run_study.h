// Studies on the command line of `run`: a file's values where no flag is given, and back.
#pragma once

#include "cli/run_options.h"
#include "otherwise/study/run_head.h"
#include "otherwise/study/study.h"

namespace otherwise::cli {

/// Reads the study file or the run to resume, and puts its values where the line gave none. Throws
/// Error: a study that cannot be read; misuse where --output is there already.
void take_study(RunArguments& arguments, CLI::App& command);

/// Puts the strings of the run, as they are, in place of where they came from.
void with_strings(Study& study, const RunHead& head);

/// Throws Error where a file that the study file names is not there: with the line.
void require_study_files(const RunArguments& arguments);

/// Writes it to --save-study. Throws Error where the strings are read from standard input.
void save_study(const RunArguments& arguments);

}  // namespace otherwise::cli
