// A prompt as tokens in one world.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/chat.h"
#include "otherwise/model/model.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// A prompt as it was given: text, a conversation, or tokens that are kept as they are.
struct Prompt {
    std::string text;
    Tokens tokens;  ///< when from_tokens
    bool from_tokens = false;
    std::vector<ChatMessage> messages;  ///< in place of the text, when there are any; chat only
};

/// Makes the tokens that a model reads of prompts in one form. The model must outlive it.
class PromptReader {
public:
    /// Throws Error like ChatReader where the form is a chat.
    PromptReader(const Model& model, PromptForm form);

    /// BOS where the model wants one, then prefix + text + suffix, or the chat template around
    /// them. In a conversation prefix and suffix go around the last question, and a system message
    /// takes the place of its own. A prompt of tokens takes prefix and suffix as tokens, after its
    /// BOS and at its end, and no chat. Throws Error when nothing is left to read, chat was asked
    /// of tokens, or a conversation came without chat.
    [[nodiscard]] Tokens operator()(const Prompt& prompt) const;

private:
    [[nodiscard]] Tokens from_tokens(const Prompt& prompt) const;
    [[nodiscard]] Tokens from_chat(const Prompt& prompt) const;
    [[nodiscard]] Tokens from_text(const std::string& text) const;

    const Model& model_;
    PromptForm form_;
    std::unique_ptr<const ChatReader> chat_;  ///< with form_.chat
};

/// One prompt alone.
[[nodiscard]] Tokens prompt_tokens(const Model& model, const PromptForm& form,
                                   const Prompt& prompt);

/// What a chat in this form is rendered with.
[[nodiscard]] ChatOptions chat_options(const PromptForm& form);

}  // namespace otherwise
