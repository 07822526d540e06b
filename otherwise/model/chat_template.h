// A chat template: Jinja source, rendered by llama.cpp's own engine (common/jinja).
//
// The engine knows which characters of the result come from a message and which from the template,
// so that "<|im_end|>" is an end of a turn where the template writes it, and text where a message
// says it. What a template reads beside the messages is as in transformers: tools and documents are
// none, bos_token and its like the vocabulary's, whatever else it asks for undefined.
//
// The clock: strftime_now shows midnight of a given date. A template that calls it not, but asks
// for date_string, has a date of its own ("26 Jul 2024" in Llama 3.1) unless one is given.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/chat_message.h"
#include "otherwise/model/chat_abilities.h"

namespace otherwise {

/// A stretch of a rendered conversation.
struct ChatPart {
    std::string text;
    bool from_message = false;  ///< else from the template
    bool operator==(const ChatPart&) const = default;
};

/// A rendered conversation; no two neighbours are of the same origin.
using ChatText = std::vector<ChatPart>;

[[nodiscard]] std::string whole_text(const ChatText& parts);

/// What a template may read.
struct ChatValues {
    std::span<const ChatMessage> messages;
    bool add_generation_prompt = true;          ///< the start of the assistant's answer
    std::string date{};                         ///< YYYY-MM-DD, given; "" is the clock's
    std::string clock{};                        ///< YYYY-MM-DD of strftime_now; "" is today
    std::map<std::string, std::string> tokens;  ///< "bos_token" -> "<s>"
};

class ChatTemplate {
public:
    /// `name` is for complaints: "the template of 'm.gguf'". Throws Error with the line: no Jinja,
    /// a construct that the engine does not know; and where this build has no engine.
    ChatTemplate(std::string source, std::string name);
    ~ChatTemplate();
    ChatTemplate(const ChatTemplate&) = delete;
    ChatTemplate& operator=(const ChatTemplate&) = delete;

    /// Thread-safe. Throws Error with the line of what cannot be rendered, or of the template's own
    /// raise_exception (roles that do not alternate, a system message that it has no place for).
    [[nodiscard]] ChatText render(const ChatValues& values) const;

    [[nodiscard]] ChatAbilities abilities() const;
    [[nodiscard]] bool reads_clock() const;  ///< it asks for strftime_now
    [[nodiscard]] bool takes_date() const;   ///< it asks for date_string
    [[nodiscard]] const std::string& source() const;
    [[nodiscard]] const std::string& name() const;
    [[nodiscard]] const std::string& hash() const;  ///< SHA-256 of the source

private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;
};

/// Whether this build has the engine.
[[nodiscard]] bool chat_templates_work();

/// The source of a template by the name of a file or of one that llama.cpp ships; a text with "{{"
/// or
/// "{%" is itself the source. Throws misuse: no such file, no such name (with near ones), not
/// UTF-8.
[[nodiscard]] std::string read_chat_template(const std::string& given);
/// Whether it names a shipped template, and no file.
[[nodiscard]] bool is_shipped_template(const std::string& given);

}  // namespace otherwise
