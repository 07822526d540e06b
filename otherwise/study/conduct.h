// Conducts a study into its run file: what is missing there is written, then read for its laws.
//
// Two passes, each going on where the file says it stopped:
//
//   strings   the waiting strings of the shard, all worlds, as generate/run.h writes them
//   laws      teacher forcing along the stored factual strings (measure/law.h): nothing is sampled
//             again; also the likeliest other tokens where a token would stay with less than 0.99
//
// Since noise and logits depend on neither batch nor order, a run in any number of pieces gives the
// same file as one without interruption. A killed process loses the batch in flight.
#pragma once

#include <filesystem>

#include "otherwise/generate/run.h"
#include "otherwise/measure/law.h"
#include "otherwise/study/run_writer.h"

namespace otherwise {

struct ConductOutcome {
    /// Of the strings pass of this call; the effects are those of all that is in the file.
    RunOutcome run;
    LawOutcome laws;
    long strings_before = 0;  ///< done in earlier calls
    bool cancelled = false;
};

/// The scene holds all strings of the study, also those of other shards. Throws Error: an
/// impossible observed string, a failing backend, a full disk; what was finished before is stored.
[[nodiscard]] ConductOutcome conduct(const Scene& scene, const std::filesystem::path& path,
                                     RunWriter& writer, const RunCallbacks& callbacks);

}  // namespace otherwise
