// What a model reads of the texts to learn from.
#pragma once

#include <vector>

#include "otherwise/fit/states/texts.h"
#include "otherwise/model/model.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// Tokens of every text as the model reads them, BOS and chat form included. Throws Error for a
/// text that is longer than the model was trained for.
[[nodiscard]] std::vector<Tokens> tokenize_texts(const Model& model, const PromptForm& form,
                                                 const TextSet& set);

}  // namespace otherwise
