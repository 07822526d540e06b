#include "otherwise/world/prompt.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

/// The text without start tokens that it is written with: the model adds its own.
std::string_view without_start(const Model& model, std::string_view text) {
    const std::string start = model.bos() < 0 ? "" : model.token_name(model.bos());
    while (!start.empty() && text.starts_with(start)) {
        text.remove_prefix(start.size());
    }
    return text;
}

/// Prefix and suffix around the last question.
void surround(std::vector<ChatMessage>& messages, const PromptForm& form) {
    if (form.prefix.empty() && form.suffix.empty()) {
        return;
    }
    const auto question =
        std::find_if(messages.rbegin(), messages.rend(),
                     [](const ChatMessage& message) { return message.role == "user"; });
    if (question == messages.rend()) {
        fail({.where = "PromptReader",
              .expected = "a conversation with a user's message, for a prefix or suffix",
              .came = "one without"});
    }
    question->content = form.prefix + question->content + form.suffix;
}

}  // namespace

ChatOptions chat_options(const PromptForm& form) {
    return {.chat_template = form.chat_template, .date = form.chat_date, .clock = form.chat_clock};
}

PromptReader::PromptReader(const Model& model, PromptForm form)
    : model_(model), form_(std::move(form)) {
    if (form_.chat) {
        chat_ = std::make_unique<const ChatReader>(model, chat_options(form_));
    }
}

Tokens PromptReader::from_tokens(const Prompt& prompt) const {
    if (form_.chat) {
        misuse({.where = "PromptReader",
                .expected = "prompts as text with " + setting("chat"),
                .came = "a prompt of tokens",
                .advice = "leave " + setting("chat") + " out; the tokens are taken as they are"});
    }
    Tokens tokens = prompt.tokens;
    const bool starts_with_bos = !tokens.empty() && tokens.front() == model_.bos();
    const Tokens prefix = model_.tokenize(form_.prefix, false, true);
    const Tokens suffix = model_.continuation(form_.suffix, true);
    tokens.insert(tokens.begin() + (starts_with_bos ? 1 : 0), prefix.begin(), prefix.end());
    tokens.insert(tokens.end(), suffix.begin(), suffix.end());
    return tokens;
}

Tokens PromptReader::from_chat(const Prompt& prompt) const {
    auto messages = prompt.messages;
    if (messages.empty()) {
        messages.push_back({.role = "user", .content = prompt.text});
    }
    surround(messages, form_);
    if (form_.system) {
        messages = with_system(std::move(messages), *form_.system);
    }
    return chat_->tokens(chat_->text(messages));
}

Tokens PromptReader::from_text(const std::string& text) const {
    const std::string whole = std::string(without_start(model_, form_.prefix)) +
                              std::string(without_start(model_, text)) + form_.suffix;
    return model_.tokenize(whole, true, true);
}

Tokens PromptReader::operator()(const Prompt& prompt) const {
    if (!prompt.messages.empty() && !form_.chat) {
        misuse({.where = "PromptReader",
                .expected = setting("chat") + " with prompts of messages",
                .came = "messages alone",
                .advice = "add " + setting("chat")});
    }
    Tokens tokens;
    if (prompt.from_tokens) {
        tokens = from_tokens(prompt);
    } else {
        tokens = form_.chat ? from_chat(prompt) : from_text(prompt.text);
    }
    if (tokens.empty()) {
        fail({.where = "PromptReader",
              .expected = "a prompt of at least one token",
              .came = "an empty one, and a model without a BOS token"});
    }
    for (const Token token : tokens) {
        if (token < 0 || token >= model_.n_vocab()) {
            fail({.where = "PromptReader",
                  .expected = "tokens within 0-" + std::to_string(model_.n_vocab() - 1),
                  .came = std::to_string(token)});
        }
    }
    return tokens;
}

Tokens prompt_tokens(const Model& model, const PromptForm& form, const Prompt& prompt) {
    return PromptReader(model, form)(prompt);
}

}  // namespace otherwise
