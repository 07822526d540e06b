// What a run tells its caller while it goes on.
#pragma once

#include <functional>

#include "otherwise/generate/record.h"

namespace otherwise {

/// Called from the thread that runs; each may be left out. An exception ends the run and goes
/// through.
struct RunCallbacks {
    std::function<void(const Pair&)> on_pair{};  ///< in the order of strings, samples, worlds
    std::function<void(long done, long total)> on_progress{};  ///< pairs finished, in any order
    std::function<bool()> cancelled{};  ///< asked again and again: true ends the run early
    /// Factual strings whose laws are read, of a run that is kept in a file (study/conduct.h).
    std::function<void(long done, long total)> on_law_progress{};
};

}  // namespace otherwise
