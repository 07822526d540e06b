#include "otherwise/world/prompt.h"

#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/model/chat.h"

namespace otherwise {
namespace {

Tokens around_tokens(const Model& model, const PromptForm& form, const Prompt& prompt) {
    if (form.chat) {
        misuse({.where = "prompt_tokens",
                .expected = "prompts as text with --chat",
                .came = "a prompt of tokens",
                .advice = "leave --chat out; the tokens are taken as they are"});
    }
    Tokens tokens = prompt.tokens;
    const bool starts_with_bos = !tokens.empty() && tokens.front() == model.bos();
    const Tokens prefix = model.tokenize(form.prefix, false, true);
    const Tokens suffix = model.continuation(form.suffix, true);
    tokens.insert(tokens.begin() + (starts_with_bos ? 1 : 0), prefix.begin(), prefix.end());
    tokens.insert(tokens.end(), suffix.begin(), suffix.end());
    return tokens;
}

/// The text without start tokens that it is written with: the model adds its own.
std::string_view without_start(const Model& model, std::string_view text) {
    const std::string start = model.bos() < 0 ? "" : model.token_name(model.bos());
    while (!start.empty() && text.starts_with(start)) {
        text.remove_prefix(start.size());
    }
    return text;
}

Tokens from_text(const Model& model, const PromptForm& form, const std::string& text) {
    const std::string whole = std::string(without_start(model, form.prefix)) +
                              std::string(without_start(model, text)) + form.suffix;
    if (!form.chat) {
        return model.tokenize(whole, true, true);
    }
    return model.tokenize(chat_prompt(model, form.system, whole), true, true);
}

}  // namespace

Tokens prompt_tokens(const Model& model, const PromptForm& form, const Prompt& prompt) {
    Tokens tokens = prompt.from_tokens ? around_tokens(model, form, prompt)
                                       : from_text(model, form, prompt.text);
    if (tokens.empty()) {
        fail({.where = "prompt_tokens",
              .expected = "a prompt of at least one token",
              .came = "an empty one, and a model without a BOS token"});
    }
    for (const Token token : tokens) {
        if (token < 0 || token >= model.n_vocab()) {
            fail({.where = "prompt_tokens",
                  .expected = "tokens within 0-" + std::to_string(model.n_vocab() - 1),
                  .came = std::to_string(token)});
        }
    }
    return tokens;
}

}  // namespace otherwise
