// One number of one intervention, to be varied: the dose of a sweep or a threshold. It is a scale,
// or a setting of the mechanism.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "otherwise/world/intervention.h"

namespace otherwise {

/// The intervention whose scale is meant.
struct ScaleSite {
    std::size_t world = 0;   ///< index of the worlds searched
    std::size_t item = 0;    ///< index of its interventions
    float scale = 1.0F;      ///< as it was given
    bool mechanism = false;  ///< a setting of the mechanism, of which 0 is not the least change
};

/// Finds "KIND.scale" or "NAME.scale" (of a world) among the worlds, or the setting "KIND" or
/// "NAME.KIND", as "temp" (Dose of kinds.h). Throws misuse when it names no such intervention, or
/// several.
[[nodiscard]] ScaleSite find_scale(const std::vector<World>& worlds, std::string_view target);

/// The world with another scale there.
[[nodiscard]] World with_scale(World world, std::size_t item, float scale);

/// A parsed "TARGET=FROM:TO:STEP" or "TARGET=A,B,C".
struct Sweep {
    std::string_view target;
    std::vector<float> doses;  ///< in the order given; at most 1,000
};

/// Throws misuse: no "=", not numbers, a step that does not lead from FROM to TO, too many doses.
[[nodiscard]] Sweep parse_sweep(std::string_view text);

}  // namespace otherwise
