// What results hold as JSON: one form in all of them.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "otherwise/generate/writer_counts.h"
#include "otherwise/measure/rounding_rows.h"
#include "otherwise/measure/statistics.h"

namespace otherwise {

/// {"value", "low", "high", "n", "strings"}: the one form of a value with its interval, whose ends
/// are null where it is not known.
[[nodiscard]] nlohmann::ordered_json measured_json(const Measured& measured);

/// {"evaluated", "needed", "from_factual"}: rows of a world alone, and tokens or positions that the
/// factual logits decided.
[[nodiscard]] nlohmann::ordered_json rows_json(const WriterCounts& counts);

/// {"nudge", "changed", "nudge_changed", "beyond", "near_floor"}
[[nodiscard]] nlohmann::ordered_json rounding_json(const RoundingRow& row);

}  // namespace otherwise
