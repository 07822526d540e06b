// A world's measures as JSON. Internal to the library: nlohmann's types are in no public header.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "otherwise/measure/world_measures.h"

namespace otherwise {

/// {"empty", "measures": {key: {"value", "low", "high", "n", "strings", "median", …}}, "shifts":
/// [{"key", "title", "factual", "counterfactual", "difference", "variance_ratio",
/// "independent_samples", "measured_ratio", "flips"}], "words": {"tested", …, "gained", "lost"}}.
/// Numbers that are not finite are null.
[[nodiscard]] nlohmann::ordered_json measures_json(const WorldMeasures& world);

}  // namespace otherwise
