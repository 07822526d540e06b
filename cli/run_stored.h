// A run into its run file: -o and --resume.
#pragma once

#include <memory>

#include "cli/progress.h"
#include "cli/reporter.h"
#include "cli/run_options.h"
#include "otherwise/study/run_writer.h"

namespace otherwise::cli {

/// True where --resume names a finished run and the line asks for nothing else: then nothing is to
/// be evaluated, and no file but the run is needed.
[[nodiscard]] bool nothing_waits(const RunArguments& arguments);

/// The table or JSON of such a run.
void show_finished(const RunArguments& arguments);

/// The run file of -o, made, or of --resume, checked against what the session is; nullptr without
/// either. Throws Error: another study, model or machine.
[[nodiscard]] std::unique_ptr<RunWriter> open_store(const RunArguments& arguments,
                                                    const Session& session);

/// Runs what is missing; the reporter also counts what was there before, without measuring many.
[[nodiscard]] RunReport run_stored(const RunArguments& arguments, Session& session,
                                   RunWriter& store, Reporter& reporter, Progress& progress);

}  // namespace otherwise::cli
