// A prompt's text as tokens in one world.
#pragma once

#include <string>

#include "otherwise/model/model.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// A prompt as it was given: text, or tokens that are kept as they are.
struct Prompt {
    std::string text;
    Tokens tokens;  ///< when from_tokens
    bool from_tokens = false;
};

/// The tokens the model reads: BOS where the model wants one, then prefix + text + suffix, or the
/// chat template around them. A prompt of tokens takes prefix and suffix as tokens, after its BOS
/// and at its end, and no chat. Throws Error when nothing is left to read, or chat was asked of
/// tokens.
[[nodiscard]] Tokens prompt_tokens(const Model& model, const PromptForm& form,
                                   const Prompt& prompt);

}  // namespace otherwise
