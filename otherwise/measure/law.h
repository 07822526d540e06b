// The exact law of every counterfactual string, by teacher forcing and without sampling.
//
// Along a factual string each world is read once (lockstep.h); at each position the laws of the
// factual world and of the other one are compared (coupling/compare.h), and the stay probabilities
// give the law of the longest common prefix (coupling/prefix.h). Strings come out in order.
//
// After a do(token at T) that differs from the factual token the prefix is no longer shared: the
// string surely diverges at T and there is no law beyond it. Positions from T on are not scored.
#pragma once

#include <functional>

#include "otherwise/generate/draws.h"
#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/run.h"
#include "otherwise/measure/string_law.h"

namespace otherwise {

struct LawOptions {
    bool agreement = false;  ///< also the exact coupled agreement, O(V log V) a position
    /// Called with both laws of each scored position; from several threads.
    std::function<void(const Draw& draw, int world, int position, const Law& factual,
                       const Law& other)>
        on_position{};
};

struct LawCallbacks {
    std::function<void(const StringLaw&)> on_string;
    std::function<void(long done, long total)> on_progress;  ///< subjects
    std::function<bool()> cancelled;
};

/// Throws Error: an observed token that the factual mechanism forbids (string, position, token), a
/// failing backend.
[[nodiscard]] LawOutcome run_laws(const Scene& scene, const LawOptions& options,
                                  const LawCallbacks& callbacks);

}  // namespace otherwise
