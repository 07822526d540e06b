#include "otherwise/model/chat.h"

#include <cstring>
#include <vector>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

void require_whole(const std::string& message) {
    if (message.find('\0') != std::string::npos) {
        misuse({.where = "chat_prompt",
                .expected = "a message without NUL bytes",
                .came = "one with a NUL byte"});
    }
}

std::string required_template(const Model& model) {
    auto text = model.chat_template();
    if (!text) {
        fail({.where = "chat_prompt",
              .expected = "a model with a chat template",
              .came = "none in '" + model.path().string() + "'",
              .advice = "pass the prompt already formatted, without --chat and --system"});
    }
    return *text;
}

/// The conversation as text; nothing when llama.cpp does not recognise the template.
std::optional<std::string> applied(const std::string& form,
                                   const std::vector<llama_chat_message>& messages,
                                   bool answer_follows = true) {
    std::string text(1024, '\0');
    for (;;) {
        const auto size = llama_chat_apply_template(form.c_str(), messages.data(), messages.size(),
                                                    answer_follows, text.data(),
                                                    static_cast<std::int32_t>(text.size()));
        if (size < 0) {
            return std::nullopt;
        }
        const bool fits = static_cast<std::size_t>(size) <= text.size();
        text.resize(static_cast<std::size_t>(size));
        if (fits) {
            return text;
        }
    }
}

}  // namespace

Token turn_end(const Model& model) {
    constexpr const char* kAnswer = "x-answer-x";
    const auto form = model.chat_template();
    const auto text =
        form
            ? applied(*form,
                      {{.role = "user", .content = "x"}, {.role = "assistant", .content = kAnswer}},
                      false)
            : std::nullopt;
    const auto at = text ? text->find(kAnswer) : std::string::npos;
    if (at != std::string::npos) {
        for (const Token token :
             model.continuation(text->substr(at + std::strlen(kAnswer)), true)) {
            if (model.ends(token)) {
                return token;
            }
        }
    }
    const Token turn = llama_vocab_eot(model.vocab());
    return model.ends(turn) ? turn : model.eos();
}

bool chat_template_known(const Model& model) {
    const auto form = model.chat_template();
    return form && applied(*form, {{.role = "user", .content = "x"}}).has_value();
}

std::vector<std::string> chat_template_names() {
    const std::int32_t count = llama_chat_builtin_templates(nullptr, 0);
    std::vector<const char*> names(static_cast<std::size_t>(count));
    llama_chat_builtin_templates(names.data(), names.size());
    return {names.begin(), names.end()};
}

std::string chat_prompt(const Model& model, const std::optional<std::string>& system,
                        std::string_view user) {
    const std::string form = required_template(model);
    const std::string question(user);
    std::vector<llama_chat_message> messages;
    if (system) {
        require_whole(*system);
        messages.push_back({.role = "system", .content = system->c_str()});
    }
    require_whole(question);
    messages.push_back({.role = "user", .content = question.c_str()});
    const auto text = applied(form, messages);
    if (!text) {
        fail({.where = "chat_prompt",
              .expected = "a chat template that llama.cpp recognises (chatml, llama2, llama3, "
                          "mistral, gemma, phi3, zephyr, …)",
              .came = "another one in '" + model.path().string() + "'",
              .advice = "pass the prompt already formatted, without --chat and --system"});
    }
    const bool lost_system = system && text->find(trimmed(*system)) == std::string::npos;
    if (lost_system || text->find(trimmed(user)) == std::string::npos) {
        fail({.where = "chat_prompt",
              .expected = "a chat template that keeps every message",
              .came = "one that drops the " + std::string(lost_system ? "system" : "user") +
                      " message, in '" + model.path().string() + "'",
              .advice = "pass the prompt already formatted"});
    }
    return *text;
}

}  // namespace otherwise
