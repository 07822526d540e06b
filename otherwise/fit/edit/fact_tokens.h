// Facts as tokens: where a prompt's subject ends, and the tokens of a target after it.
#pragma once

#include <string>

#include "otherwise/base/token.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// A prompt and what should follow it.
struct PromptTokens {
    Tokens prompt;    ///< with BOS where the model wants one
    Tokens target;    ///< at least one
    int subject = 0;  ///< row of the subject's last token

    /// The rows to evaluate: the prompt and all targets but the last.
    [[nodiscard]] Tokens rows() const;
};

/// `text` and `target` as joined_text has them, tokenized as one where that splits between the two.
/// Throws Error for a target without tokens. `subject` of the result is not set.
[[nodiscard]] PromptTokens with_target(const Model& model, const std::string& text,
                                       const std::string& target);

/// The row of the token that holds the last byte of text[0, end). Throws Error where the tokens do
/// not cover it.
[[nodiscard]] int row_of_end(const Model& model, const Tokens& tokens, const std::string& text,
                             std::size_t end);

}  // namespace otherwise
