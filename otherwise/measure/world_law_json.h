// A world's law as JSON. Internal to the library: nlohmann's types are in no public header.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "otherwise/measure/world_law.h"

namespace otherwise {

/// {"world", "null", "nudge", "strings", …, "unchanged", "expected_lcp", "survival", "kl", …,
/// "target", "rounding", "rows"}
[[nodiscard]] nlohmann::ordered_json world_law_json(const WorldLaw& law);

}  // namespace otherwise
