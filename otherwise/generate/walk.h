// From rows of logits to tokens: the race at each position, for every sample of a bundle.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "otherwise/generate/bundle.h"

namespace otherwise {

/// What one sample wrote on the rows of one call.
struct Step {
    Tokens tokens;       ///< appended, in order
    bool done = false;   ///< ended, at its limit, or stopped at its divergence
    bool ended = false;  ///< by an end-of-generation token
    bool left = false;   ///< the sample that led it wrote another last token
    int raced = 0;       ///< positions decided by noise while following
    int diverged = 0;    ///< 1 if it left the factual string here
};

/// Buffers of one thread.
struct WalkScratch {
    LawScratch law;
    std::vector<float> masked;
};

/// The law of a row in this world: forbidden tokens masked, then the mechanism.
[[nodiscard]] Law world_law(std::span<const float> logits, const Rules& rules,
                            WalkScratch& scratch);

/// Walks the bundle's samples along the rows it was fed. `fed` are the tokens of those rows
/// (padding left out), the first at position bundle.cached; `row(i)` gives the logits of row i,
/// asked only from the row of the last known token on. Each sample goes on while what it writes is
/// what was fed next; led samples while they write what the one before them wrote. Updates margins,
/// following flags and fingerprints in the bundle's samples, and the laws of a string that is read:
/// at an impossible token everything stops. `rules` are those of samples without their own.
[[nodiscard]] std::vector<Step> walk(Bundle& bundle, std::span<const Token> fed, const Rules& rules,
                                     const std::function<std::span<const float>(int)>& row,
                                     WalkScratch& scratch);

}  // namespace otherwise
