// What of each world's change is more than rounding, a line a world.
#pragma once

#include <string>
#include <vector>

#include "otherwise/console/style.h"
#include "otherwise/measure/rounding_rows.h"

namespace otherwise::console {

/// "Rome: 65.8 % of strings changed; a change of no meaning changes 59.4 % here; …", a line a
/// world, and where it is near the floor what to do. "" without rows. `smooth`: the arithmetic is
/// that of floating point already.
[[nodiscard]] std::string render_rounding(const std::vector<RoundingRow>& rows, bool smooth,
                                          const Style& style);

}  // namespace otherwise::console
