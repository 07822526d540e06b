// What a run tells its caller while it goes on.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "otherwise/generate/factual.h"
#include "otherwise/generate/record.h"

namespace otherwise {

/// Tokens of a string while it is being written. A position may come again, with the same token.
struct Writing {
    int string = 0;
    int sample = 0;
    int world = -1;  ///< index into the run's worlds; −1 is the factual one
    bool independent = false;
    int position = 0;  ///< of the first token
    std::span<const Token> tokens;
};

/// Called from the thread that runs; each may be left out. An exception ends the run and goes
/// through.
struct RunCallbacks {
    std::function<void(const Pair&)> on_pair{};  ///< in the order of strings, samples, worlds
    std::function<void(long done, long total)> on_progress{};  ///< pairs finished, in any order
    std::function<bool()> cancelled{};  ///< asked again and again: true ends the run early
    /// Factual strings whose laws are read, of a run that is kept in a file (study/conduct.h).
    std::function<void(long done, long total)> on_law_progress{};
    std::function<void(const Writing&)> on_tokens{};
    /// A factual string that is whole, for RunOptions::known.
    std::function<void(int string, int sample, const std::shared_ptr<const FactualString>&)>
        on_factual{};
};

}  // namespace otherwise
