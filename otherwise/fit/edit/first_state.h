// Facts whose subject ends at the first token of a text, where a model without BOS has no state of
// the subject's own to edit.
//
// From some early layer on, models keep a state of enormous norm at the first position, whatever
// token stands there (attention sinks, Xiao et al. 2309.17453; massive activations, Sun et al.
// 2402.17762). What is written into its key is written into the start of every text. Below that
// layer the first token has a state like any other. Vocabularies with a BOS put the sink there.
#pragma once

#include <string>
#include <vector>

#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise {

/// For layers [0, last]: how many times longer the state of the first token of `text` is than the
/// median of those after it; 1 for a text of one token.
[[nodiscard]] std::vector<double> first_state_ratios(const EditScene& scene, const Tokens& text,
                                                     int last, int threads);

/// A state that is so many times longer than others is a sink; SmolLM2's first
/// tokens are 1 to 2 in layer 0, 2 to 3.5 in layer 1, 8 to 10 from layer 2 on.
inline constexpr double kSinkRatio = 4.0;

/// The highest layer up to `layer` in which the subject's state is its own; −1 where there is none.
[[nodiscard]] int highest_own_layer(const EditScene& scene, const Fact& fact, int layer,
                                    int threads);

/// `layer` where the subject's state there is its own, else the layer halfway below the sink (where
/// edits leak least); −1 where there is none.
[[nodiscard]] int suited_layer(const EditScene& scene, const Fact& fact, int layer, int threads);

/// Throws Error that names the first fact whose subject has no state of its own in the last of the
/// settings' layers, and what to do. Evaluates at most one prompt of each fact.
void require_own_states(const EditScene& scene, const std::vector<Fact>& facts,
                        const EditSettings& settings);

}  // namespace otherwise
