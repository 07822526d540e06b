// Conversations as a model reads them: through its chat template, as tokens.
//
// The model's own template (or another one) is rendered as its Jinja says; see chat_template.h. The
// special tokens that the template writes become tokens. The same text inside a message stays text:
// a user who writes "<|im_end|>" ends no turn. Apart from that the whole text is tokenized in one
// piece, so that the border between template and message is no border of tokens.
//
// A vocabulary that wants a start token (BOS) gets one, whether or not the template writes it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/model/chat_template.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// What decides how a conversation becomes text, beside the model.
struct ChatOptions {
    std::string chat_template;  ///< Jinja; "" is the model's own
    std::string date{};         ///< YYYY-MM-DD, for templates with a date; "" is their own or today
    std::string clock{};  ///< YYYY-MM-DD, today for templates that ask for it; "" is the clock's
};

/// The messages with this system message: in place of the one at the start, or before all.
[[nodiscard]] std::vector<ChatMessage> with_system(std::vector<ChatMessage> messages,
                                                   const std::string& system);

/// A model's chat, ready to render many conversations. The model must outlive it. Thread-safe.
class ChatReader {
public:
    /// Throws Error: no template in the model, one that is no Jinja that the engine knows.
    explicit ChatReader(const Model& model, const ChatOptions& options = {});

    /// The conversation up to where the assistant's answer starts (`answer_follows`), or to its
    /// end. Throws Error where the template refuses it or drops a system or user message, or takes
    /// one apart so that its special tokens cannot be told from the template's; misuse: a role
    /// other than system, user and assistant, a NUL byte.
    [[nodiscard]] ChatText text(std::span<const ChatMessage> messages,
                                bool answer_follows = true) const;
    [[nodiscard]] Tokens tokens(const ChatText& parts) const;

    /// The token that ends a turn of the assistant: the first end-of-generation token that the
    /// template writes after its text, else the vocabulary's end-of-turn token, else its EOS; −1
    /// without.
    [[nodiscard]] Token turn_end() const;

    /// The day that the template shows, YYYY-MM-DD; "" for none, or one of its own.
    [[nodiscard]] std::string day() const;
    /// The same for people; "" where it shows none.
    [[nodiscard]] std::string date_note() const;

    [[nodiscard]] const ChatTemplate& form() const { return form_; }

private:
    [[nodiscard]] ChatText render(std::span<const ChatMessage> messages, bool answer_follows) const;
    [[nodiscard]] ChatText traced(const ChatText& parts, std::span<const ChatMessage> messages,
                                  bool answer_follows) const;
    void require_own(const std::string& text, const std::vector<bool>& origins,
                     std::span<const std::string> names, std::span<const ChatMessage> neutral,
                     bool answer_follows) const;
    void require_kept(std::span<const ChatMessage> messages, bool answer_follows) const;

    const Model& model_;
    std::string date_;
    std::string clock_;
    ChatTemplate form_;
    std::map<std::string, std::string> names_;             ///< "bos_token" -> "<s>"
    std::vector<std::pair<std::string, Token>> specials_;  ///< control tokens, the longest first
};

/// The template that a chat with this model goes through: the given source, or the model's own.
/// Throws Error where there is none.
[[nodiscard]] std::pair<std::string, std::string> chat_source(const Model& model,
                                                              const std::string& given);

/// ChatReader::turn_end, for one question.
[[nodiscard]] Token turn_end(const Model& model, const ChatOptions& options = {});

/// Whether a chat with the model of this file shows the day on which it is rendered. Reads the
/// file's header. Throws Error like ChatTemplate; a model without a template shows none.
[[nodiscard]] bool shows_today(const std::filesystem::path& model,
                               const std::string& chat_template);

}  // namespace otherwise
