// A study run: its strings written in every world, and what they come to.
//
//   OpenedStudy opened = open(study, {});
//   RunResult result = run(opened, {.on_pair = [&](const Pair& pair) { … }});
//   result.require_sound();
//
// With a run file every result is kept as it comes, with the exact laws of all strings, and a run
// that was stopped goes on there. A run in any number of pieces gives the results of one without
// interruption.
#pragma once

#include "otherwise/api/open.h"
#include "otherwise/api/run_file.h"
#include "otherwise/api/run_result.h"
#include "otherwise/generate/run_callbacks.h"

namespace otherwise {

/// Writes what is missing and sums all of it up. Without a file it can be called again: the same
/// results. Callbacks come from the calling thread, pairs in the order of strings, samples and
/// worlds; an exception from one ends the run and goes through.
///
/// Throws Error: an observed string that the factual world cannot write (unless the study skips
/// those), a failing backend, a full disk; a new file that is there already, a resumed one of
/// another study, model or machine. What was finished before is kept in the file.
[[nodiscard]] RunResult run(OpenedStudy& opened, const RunCallbacks& callbacks = {},
                            const RunFile& file = {});

}  // namespace otherwise
