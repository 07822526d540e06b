// Each world of a run beside its nudge (rounding.h).
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/measure/rounding.h"

namespace otherwise {

/// A world beside its nudge.
struct RoundingRow {
    std::string world;
    std::string nudge;
    BeyondRounding beyond;
};

/// The nudge beside a world, both indices of the run's worlds; nothing where it has none.
using NudgeOf = std::function<std::optional<std::size_t>(std::size_t world)>;

/// A row for each world that has a nudge with strings in common; names and `changed` by world.
[[nodiscard]] std::vector<RoundingRow> rounding_rows(const std::vector<std::string>& names,
                                                     const std::vector<ChangedStrings>& changed,
                                                     const NudgeOf& nudge_of);

/// The row of a world, nullptr without.
[[nodiscard]] const RoundingRow* find_rounding(const std::vector<RoundingRow>& rows,
                                               std::string_view world);

}  // namespace otherwise
