// The vector to add to a block's output at the subject so that the model gives a new answer: Adam
// on the gradient of the tail (ROME, 2202.05262, section 3.1, eq. 4).
//
//   minimise over delta   mean -log p(new | prefix + prompt) + kl_weight KL(p₀ ‖ p) + decay |delta|
//   / |v|²
//
// over a bare prompt and some behind random prefixes, with the law after "SUBJECT is a" to keep;
// |delta| <= clamp |v|, v what the feed-forward gives at the subject in the bare prompt: delta is
// written into its weights. Adam's step is in units of the state h there, which delta is added to.
// A fact stops when its mean -log p is below `enough` nats.
#pragma once

#include <functional>
#include <vector>

#include "otherwise/fit/tail/graph.h"
#include "otherwise/fit/tail/target_state.h"

namespace otherwise {

struct TargetValue {
    std::vector<float> delta;  ///< [width]
    TargetState state;
};

/// Where a fact's search starts.
struct TargetStart {
    std::vector<float> state;   ///< [width] h
    std::vector<float> output;  ///< [width] v
};

using TargetProgress = std::function<void(int step, const std::vector<TargetState>&)>;

/// One for each fact of the graph, whose options must ask for the gradient and have the settings'
/// kl_weight. `cancelled` ends it early with what is there.
[[nodiscard]] std::vector<TargetValue> target_values(TailGraph& graph,
                                                     const std::vector<TargetStart>& starts,
                                                     const TargetSettings& settings,
                                                     const TargetProgress& on_step = {},
                                                     const std::function<bool()>& cancelled = {});

}  // namespace otherwise
