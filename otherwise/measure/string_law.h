// The exact law of one counterfactual string, and what reading the laws of a study took: plain
// values (law.h makes them).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/coupling/bounds.h"
#include "otherwise/coupling/compare.h"
#include "otherwise/coupling/prefix.h"
#include "otherwise/generate/record.h"
#include "otherwise/generate/writer_counts.h"
#include "otherwise/model/evaluator.h"

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

/// What was read.
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

}  // namespace otherwise
