// The measures of one world's pairs, beside those of the same world under fresh noise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "otherwise/measure/pair_measures.h"

namespace otherwise {

struct WorldMeasures {
    std::string world;
    PairSummary summary;
    bool independent = false;  ///< written under fresh noise
    /// The same world under fresh noise, where it was written as well.
    std::optional<PairSummary> fresh{};
};

/// The shift under fresh noise of the same key and title, nullptr without.
[[nodiscard]] const Shift* fresh_shift(const WorldMeasures& world, const Shift& like);

/// The patterns as they are counted: targets first. Throws misuse that names a bad one.
[[nodiscard]] std::vector<Target> compile_targets(const std::vector<std::string>& targets,
                                                  const std::vector<std::string>& off_targets);

}  // namespace otherwise
