// A measured value with its interval as JSON: one form in all results.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "otherwise/measure/statistics.h"

namespace otherwise {

/// {"mean", "interval" where it is known, "n", "strings"}
[[nodiscard]] nlohmann::ordered_json measured_json(const Measured& measured);

}  // namespace otherwise
