// The steps of a run that do not depend on what evaluates it: totals, the file, what it took.
#pragma once

#include <string>

#include "otherwise/api/run_result.h"
#include "otherwise/generate/run.h"
#include "otherwise/measure/run_totals.h"
#include "otherwise/study/run_writer.h"

namespace otherwise {

/// The callbacks, with each pair counted before the caller has it.
[[nodiscard]] RunCallbacks counting(const RunCallbacks& callbacks, RunTotals& totals);

/// What the call took, and how far it came.
void put_outcome(const RunOutcome& outcome, RunResult& result);

/// Writes what is missing into the run file (study/conduct.h); pairs of earlier calls are measured
/// again where they are few, else counted.
RunOutcome run_into(const Scene& scene, const std::string& path, RunWriter& writer,
                    const RunCallbacks& callbacks, RunTotals& totals, RunResult& result);

/// A fault where every string was left out.
void require_some(const RunOutcome& outcome, RunResult& result);

}  // namespace otherwise
