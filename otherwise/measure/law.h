// The exact law of every counterfactual string, by teacher forcing and without sampling.
//
// Along a factual string each world is read once (lockstep.h); at each position the laws of the
// factual world and of the other one are compared (coupling/compare.h), and the stay probabilities
// give the law of the longest common prefix (coupling/prefix.h). Strings come out in order.
//
// After a do(token at T) that differs from the factual token the prefix is no longer shared: the
// string surely diverges at T and there is no law beyond it. Positions from T on are not scored.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/coupling/bounds.h"
#include "otherwise/coupling/compare.h"
#include "otherwise/coupling/prefix.h"
#include "otherwise/generate/draws.h"
#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/run.h"

namespace otherwise {

/// One factual string in one world.
struct StringLaw {
    int string = 0;  ///< index of the subject
    int sample = 0;
    int world = 0;  ///< index of the run's worlds
    WorldRole role = WorldRole::change;
    bool observed = false;
    std::shared_ptr<const Written> written;
    std::vector<Comparison> at;     ///< [scored] positions that noise decides
    std::vector<int> scored;        ///< their positions, ascending
    int lost = 0;                   ///< positions at or after a do that differs
    std::vector<double> stay;       ///< [n] 1 or 0 where a token was forced; 0 after that 0
    std::vector<double> agreement;  ///< [scored] coupled agreement, if it was asked for
    PrefixLaw prefix;
    Bounds bounds;        ///< of P(unchanged) over all couplings of whole strings
    Bounds token_bounds;  ///< of P(unchanged) over couplings independent across positions
    double log_p = 0.0;   ///< log probability of the string in the factual world, nats
    double log_q = 0.0;   ///< in this world; −inf where it can not write it
};

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

struct LawOutcome {
    int strings = 0;  ///< subjects done
    bool cancelled = false;
    double seconds = 0.0;
    BackendTime backend;
    double reading_seconds = 0.0;  ///< of these, teacher forcing and its laws
    BackendTime reading_backend;
    int longest = 0;                   ///< tokens of the longest factual string
    long tokens = 0;                   ///< written tokens of the factual strings
    WriterCounts rows;                 ///< of the teacher-forced passes, all worlds together
    std::vector<WriterCounts> worlds;  ///< of each; `shared`: positions with the factual logits
    std::vector<std::string> skipped;  ///< ids of impossible observed strings
};

/// Throws Error: an observed token that the factual mechanism forbids (string, position, token), a
/// failing backend.
[[nodiscard]] LawOutcome run_laws(const Scene& scene, const LawOptions& options,
                                  const LawCallbacks& callbacks);

}  // namespace otherwise
