// Puts the shards of a run together: a new run file with all that is done in any of them.
//
// Results are copied as they are stored, so the merge of all shards exports the same bytes as the
// run in one. Where strings are done in none of the files, the merge can be resumed. A string that
// several files have is taken from the first. Each file is read through first, so that nothing is
// copied that makes no sense. Cost: about 20 µs a pair, with its laws twice that.
#pragma once

#include <filesystem>
#include <vector>

namespace otherwise {

struct MergeOutcome {
    long strings = 0;   ///< of the study
    long done = 0;      ///< in the merge, those left out among them
    long repeated = 0;  ///< in more than one file
};

/// Writes `out`, whole or not at all. Throws Error: no input; files of different studies (by what
/// differs), or of different machines without `force`; results that do not fit their heads, heads
/// and vocabularies that do not fit each other; an `out` that is there already.
[[nodiscard]] MergeOutcome merge_runs(const std::vector<std::filesystem::path>& inputs,
                                      const std::filesystem::path& out, bool force);

}  // namespace otherwise
