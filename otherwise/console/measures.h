// How the measures of pairs are shown: a block for each world (`score`), a few lines for all of
// them (`run`). Pure functions; texts of any origin are made harmless.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "otherwise/console/strings.h"
#include "otherwise/measure/world_measures.h"

namespace otherwise::console {

/// A title and the tables of likeness, shifts, flips and words.
[[nodiscard]] std::string render_measures(const WorldMeasures& world, const Style& style);

/// What the marks of the blocks mean.
[[nodiscard]] std::string render_measures_legend(const Style& style);

/// A table with a line for each world, then its hits, then the words over their threshold.
[[nodiscard]] std::string render_brief(std::span<const WorldMeasures> worlds, const Style& style);

/// One line for each reason to doubt: few strings, empty texts.
[[nodiscard]] std::vector<std::string> doubts(const WorldMeasures& world);

}  // namespace otherwise::console
