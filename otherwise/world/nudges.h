// The rounding floor: where a change of no meaning goes that stands beside a world.
//
// llama.cpp rounds activations to 8 bits before each product with quantized weights, so any change
// moves roundings in all that comes after it. The nudge (intervention.h) is such a change and
// nothing else. It acts where its world first does: the earlier, the more is rounded anew.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "otherwise/world/opened.h"

namespace otherwise {

/// Relative to the state. A tenth of it and ten times as much do the same to strings
/// (docs/engine.md).
inline constexpr float kNudgeSize = 1e-5F;

struct NudgeSite {
    int layer = 0;  ///< the residual after this block
    Scope scope = Scope::all;
    auto operator<=>(const NudgeSite&) const = default;
};

/// The first block where the world's states, weights or prompts are others than the factual ones,
/// and the rows on which they are; nothing where none is (a mechanism, a do).
[[nodiscard]] std::optional<NudgeSite> nudge_site(const OpenedWorld& factual,
                                                  const OpenedWorld& world);

/// A nudge there: "nudge" where it is the only one of its run, else "nudge-10", "nudge-10-written".
[[nodiscard]] World nudge_world(const NudgeSite& site, bool only);

}  // namespace otherwise
