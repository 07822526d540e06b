// From strings as given to subjects ready to run, and their prompts in every world.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/generate/strings.h"
#include "otherwise/model/model.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// How much of a whole observed text is its prompt.
struct PromptSplit {
    int words =
        0;  ///< --prompt-words: this many words of `prompt` are the prompt, the rest is observed
    int tokens = 0;  ///< --prompt-tokens: this many tokens (BOS not counted)
};

/// Tokenizes what was observed; with a split, cuts each whole text into prompt and observed rest.
/// An observed text that says "ended" gets `end`, where that is a token and the text has no end.
/// Throws Error naming the string: an empty observed text, one too short for the split, tokens
/// outside the vocabulary.
[[nodiscard]] std::vector<Subject> prepare(const std::vector<InputString>& strings,
                                           const Model& model, const PromptSplit& split, Token end);

/// The prompt of every subject in a world; where it equals the factual one, the very same pointer.
[[nodiscard]] std::vector<std::shared_ptr<const Tokens>> prompts_in(
    const std::vector<Subject>& subjects, const Model& model, const PromptForm& form,
    const std::vector<std::shared_ptr<const Tokens>>& factual = {});

/// Tokens of the longest prompt + written string.
[[nodiscard]] int longest(const std::vector<Subject>& subjects,
                          const std::vector<std::shared_ptr<const Tokens>>& prompts, int tokens);

/// Throws Error naming the first string that does not fit `context` tokens.
void check_lengths(const std::vector<Subject>& subjects,
                   const std::vector<std::shared_ptr<const Tokens>>& prompts, int tokens,
                   int context, const std::string& world);

}  // namespace otherwise
