// The scores and effects of an edit as tables.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "otherwise/api/edit.h"

namespace otherwise::console {

/// Scores of all facts and in total, before and after; `colour` for a terminal.
[[nodiscard]] std::string scores_text(const Edited& edited, bool colour);

/// What an edit does to unrelated texts, and how large it is.
[[nodiscard]] std::string effect_text(const EditEffect& effect);

/// The table of a sweep over layers.
[[nodiscard]] std::string sweep_text(const std::vector<LayerTrial>& trials, std::size_t best,
                                     bool colour);

}  // namespace otherwise::console
