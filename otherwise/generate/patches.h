// The donor prompts of a world's patches: which there are, what rows go where, and their states.
//
// Donors are read as prompts are, by the same kernels at the same positions: in a context of the
// world that has its other interventions and captures where it will patch. A donor that is the
// string's own prompt gives back its own states, bit for bit.
#pragma once

#include <memory>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/generate/strings.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/world/opened.h"

namespace otherwise {

/// The different donor prompts of a world, as its model reads them.
using DonorPrompts = std::vector<std::shared_ptr<const Tokens>>;

/// Plans the patches of a world: of each string, its donor and the rows that are moved. `prompts`
/// are the strings' own in that world. Throws Error naming the string: no donor, a row outside of a
/// prompt, prompts of unequal length with rows that do not count from the end.
[[nodiscard]] DonorPrompts plan_patches(OpenedWorld& world, const std::vector<Subject>& subjects,
                                        const std::vector<std::shared_ptr<const Tokens>>& prompts);

/// Bytes of the states that a world's patches move.
[[nodiscard]] std::size_t patch_bytes(const OpenedWorld& world);

/// Reads the donors in an evaluator that captures (OpenedWorld::make_capture), with room for
/// `parallel` of them at a time. Throws Error where nothing of a donor is left to move.
void capture_states(const OpenedWorld& world, const DonorPrompts& donors, Evaluator& evaluator,
                    int parallel);

}  // namespace otherwise
