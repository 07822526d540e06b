// Studies on the command line of `run`: a file's values where no flag is given, and back.
#pragma once

#include "cli/run_options.h"
#include "otherwise/study/study.h"

namespace otherwise::cli {

/// Reads the study file or the run to resume, and puts its values where the line gave none. Throws
/// Error: a study that cannot be read; misuse where --output is there already.
void take_study(RunArguments& arguments, CLI::App& command);

}  // namespace otherwise::cli
