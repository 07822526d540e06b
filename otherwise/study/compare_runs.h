// What changed between two runs: of two versions of a model, an edit, a program.
//
// Pairs are matched by the id of the string, the sample and the world's name. Differences are
// paired, b − a, with intervals over strings (measure/statistics.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "otherwise/measure/statistics.h"

namespace otherwise {

class StoredRun;

/// One measure of the pairs that both runs have.
struct MeasureChange {
    std::string key;    ///< "unchanged"
    std::string title;  ///< "unchanged, %"
    bool share = false;
    Measured a;
    Measured b;
    Measured difference;
};

struct WorldChange {
    std::string world;
    long pairs = 0;                     ///< in both
    long flipped = 0;                   ///< of these, with another counterfactual string
    std::vector<std::string> examples;  ///< ids of the first that flipped
    std::vector<MeasureChange> measures;
};

struct RunChange {
    /// Lines of the studies and machines that differ: a's, b's; "" where there is none.
    std::vector<std::pair<std::string, std::string>> settings;
    std::vector<std::string> only_a;  ///< worlds
    std::vector<std::string> only_b;
    long strings = 0;         ///< factual strings in both
    long strings_only_a = 0;  ///< factual strings
    long strings_only_b = 0;
    long factual_flipped = 0;  ///< factual strings in both that differ
    std::vector<WorldChange> worlds;
};

/// Throws Error where a run has no results, or they have no string in common.
[[nodiscard]] RunChange compare_runs(const StoredRun& a, const StoredRun& b);

}  // namespace otherwise
