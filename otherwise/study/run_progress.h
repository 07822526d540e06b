// How much of a run file's strings are done.
#pragma once

namespace otherwise {

/// How far the run is.
struct RunProgress {
    long strings = 0;  ///< of its shard
    long done = 0;     ///< or left out
    long skipped = 0;
    long draws = 0;
    long laws = 0;  ///< draws whose laws are there
    [[nodiscard]] bool finished() const { return done == strings; }
};

}  // namespace otherwise
