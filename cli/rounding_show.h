// What of each world's change is more than rounding: a line for people, and JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/show.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/rounding_rows.h"
#include "otherwise/study/run_head.h"

namespace otherwise::cli {

/// A row for each world that has a nudge with strings in common; `changed` by world.
[[nodiscard]] std::vector<RoundingRow> rounding_rows(const Session& session,
                                                     const std::vector<ChangedStrings>& changed);
/// The same of a stored run.
[[nodiscard]] std::vector<RoundingRow> rounding_rows(const RunHead& head,
                                                     const std::vector<ChangedStrings>& changed);

/// "Rome: 65.8 % of strings changed; a change of no meaning changes 59.4 % here; …", a line a
/// world, and where it is near the floor what to do. "" without rows. `smooth`: the arithmetic is
/// that of floating point already.
[[nodiscard]] std::string render_rounding(const std::vector<RoundingRow>& rows, bool smooth,
                                          const Style& style);

/// Adds "rounding" to the JSON of a world ("world" is its name) that has a row: {"nudge",
/// "changed", "nudge_changed", "beyond", "near_floor"}.
void add_rounding(nlohmann::ordered_json& world, const std::vector<RoundingRow>& rows);

/// Whether no weight of the factual world's model is quantized.
[[nodiscard]] bool is_smooth(const Session& session);

}  // namespace otherwise::cli
