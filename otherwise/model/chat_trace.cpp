// What a template makes of its messages: where their special tokens get to, and whether they are
// kept at all.
#include <algorithm>
#include <array>
#include <cstddef>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/chat.h"
#include "otherwise/model/chat_origins.h"

namespace otherwise {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// Characters for private use, U+E000 to U+F8FF, that are nowhere in a text.
class UnusedSigns {
public:
    explicit UnusedSigns(std::string text) : text_(std::move(text)) {}

    /// Another one each time; "" where none is left.
    [[nodiscard]] std::string next() {
        constexpr unsigned kLast = 0xF8FF;
        while (code_ <= kLast) {
            const std::string sign = {static_cast<char>(0xE0U | (code_ >> 12U)),
                                      static_cast<char>(0x80U | ((code_ >> 6U) & 0x3FU)),
                                      static_cast<char>(0x80U | (code_ & 0x3FU))};
            ++code_;
            if (text_.find(sign) == std::string::npos) {
                return sign;
            }
        }
        return "";
    }

private:
    std::string text_;
    unsigned code_ = 0xE000;
};

/// The text of a special token under another name.
struct Disguise {
    std::string name;
    std::string spelled;  ///< as long, where that can be: templates may count
};

/// A run of the sign, filled up.
std::string spelled_with(const std::string& sign, std::size_t size) {
    std::string spelled = sign;
    while (spelled.size() + sign.size() <= size) {
        spelled += sign;
    }
    return spelled + std::string(size - std::min(size, spelled.size()), 'x');
}

/// The text with each disguise undone, and where these were.
std::pair<std::string, Origins> undone(const std::string& text,
                                       std::span<const Disguise> disguises) {
    std::pair<std::string, Origins> plain;
    for (std::size_t at = 0; at < text.size();) {
        const auto here = std::ranges::find_if(disguises, [&](const Disguise& disguise) {
            return text.compare(at, disguise.spelled.size(), disguise.spelled) == 0;
        });
        const bool found = here != disguises.end();
        plain.first += found ? here->name : std::string(1, text[at]);
        plain.second.resize(plain.first.size(), found);
        at += found ? here->spelled.size() : 1;
    }
    return plain;
}

/// The messages with every text of a special token replaced.
std::vector<ChatMessage> with_disguises(std::span<const ChatMessage> messages,
                                        std::span<const Disguise> disguises) {
    std::vector<ChatMessage> disguised(messages.begin(), messages.end());
    for (auto& message : disguised) {
        for (const auto& one : disguises) {
            message.content = replaced(message.content, one.name, one.spelled);
        }
    }
    return disguised;
}

/// How often the text has `name` where no byte of it is a message's.
std::size_t count_own(const std::string& text, const Origins& origins, const std::string& name) {
    std::size_t count = 0;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto begin = origins.begin() + static_cast<std::ptrdiff_t>(at);
        const auto end = begin + static_cast<std::ptrdiff_t>(name.size());
        count += std::find(begin, end, true) == end ? 1 : 0;
    }
    return count;
}

/// Small letters and digits that no message has, with nothing that a filter would change.
std::string unused_word(std::span<const ChatMessage> messages) {
    std::string word = "qkeptq";
    while (says(messages, word)) {
        word += "zq";
    }
    return word;
}

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

}  // namespace

Origins origins_of(const ChatText& parts) {
    Origins origins;
    for (const auto& part : parts) {
        origins.insert(origins.end(), part.text.size(), part.from_message);
    }
    return origins;
}

ChatText parts_of(const std::string& text, const Origins& origins) {
    ChatText parts;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (parts.empty() || parts.back().from_message != origins[i]) {
            parts.push_back({.text = "", .from_message = origins[i]});
        }
        parts.back().text.push_back(text[i]);
    }
    return parts;
}

bool says(std::span<const ChatMessage> messages, const std::string& text) {
    return std::ranges::any_of(messages, [&](const ChatMessage& message) {
        return message.content.find(text) != std::string::npos;
    });
}

/// The engine loses sight of where a text comes from when the template splits or joins it. So the
/// special tokens of messages are followed under other names, as far as these change nothing else.
/// Where they do, the template must not write more of them than without the message's.
ChatText ChatReader::traced(const ChatText& parts, std::span<const ChatMessage> messages,
                            bool answer_follows) const {
    const std::string plain = whole_text(parts);
    std::string all = plain;
    for (const auto& message : messages) {
        all += message.content;
    }
    UnusedSigns signs(std::move(all));
    Origins origins = origins_of(parts);
    std::vector<Disguise> disguises;
    std::vector<Disguise> neutral;
    std::vector<std::string> lost;
    for (const auto& [name, token] : specials_) {
        if (!says(messages, name)) {
            continue;
        }
        neutral.push_back({.name = name, .spelled = std::string(name.size(), 'x')});
        const std::string sign = signs.next();
        std::pair<std::string, Origins> found;
        if (!sign.empty()) {
            disguises.push_back({.name = name, .spelled = spelled_with(sign, name.size())});
            try {
                const auto text =
                    whole_text(render(with_disguises(messages, disguises), answer_follows));
                found = undone(text, disguises);
            } catch (const Error&) {
                found = {};
            }
            if (found.first != plain) {  // the template looks for it
                disguises.pop_back();
            }
        }
        if (sign.empty() || found.first != plain) {
            lost.push_back(name);
            continue;
        }
        for (std::size_t i = 0; i < origins.size(); ++i) {
            origins[i] = origins[i] || found.second[i];
        }
    }
    require_own(plain, origins, lost, with_disguises(messages, neutral), answer_follows);
    return parts_of(plain, origins);
}

/// Throws Error where the text has more of `names` than the template writes by itself.
void ChatReader::require_own(const std::string& text, const Origins& origins,
                             std::span<const std::string> names,
                             std::span<const ChatMessage> neutral, bool answer_follows) const {
    for (const auto& name : names) {
        const auto count = count_own(text, origins, name);
        std::size_t own = 0;
        if (count > 0) {
            try {
                const auto parts = render(neutral, answer_follows);
                own = count_own(whole_text(parts), origins_of(parts), name);
            } catch (const Error&) {
                own = 0;
            }
        }
        if (count > own) {
            fail({.where = "ChatReader",
                  .expected = "messages whose special tokens can be told from the template's",
                  .came =
                      "'" + to_utf8(name) + "' in a message that " + form_.name() + " takes apart",
                  .advice =
                      "leave it out of the message, or pass another " + setting("chat_template")});
        }
    }
}

/// Templates that have no place for a message should say so, and some only leave it out. A word
/// around each message shows it: what the message itself says may be trimmed, quoted or rewritten.
void ChatReader::require_kept(std::span<const ChatMessage> messages, bool answer_follows) const {
    const std::string word = unused_word(messages);
    const auto mark = [&](std::size_t i) { return word + std::to_string(i) + "q"; };
    std::vector<ChatMessage> marked(messages.begin(), messages.end());
    for (std::size_t i = 0; i < marked.size(); ++i) {
        if (marked[i].role != "assistant") {
            marked[i].content.insert(0, mark(i)).append(mark(i));
        }
    }
    std::string text;
    try {
        text = lower(whole_text(render(marked, answer_follows)));
    } catch (const Error&) {
        return;  // it minds the word, so it reads the messages
    }
    for (std::size_t i = 0; i < marked.size(); ++i) {
        if (marked[i].role != "assistant" && text.find(mark(i)) == std::string::npos) {
            fail({.where = "ChatReader",
                  .expected = "a chat template that keeps every message",
                  .came = form_.name() + ", which drops the " + marked[i].role + " message",
                  .advice =
                      "pass the prompt already formatted, or another " + setting("chat_template")});
        }
    }
}

}  // namespace otherwise
