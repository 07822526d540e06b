#include "otherwise/generate/chat_record.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string_view>
#include <utility>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

/// Names of roles in either form, and what they are here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kRoles = {{
    {"system", "system"},
    {"developer", "system"},
    {"user", "user"},
    {"human", "user"},
    {"assistant", "assistant"},
    {"gpt", "assistant"},
    {"chatgpt", "assistant"},
    {"bot", "assistant"},
    {"model", "assistant"},
}};

std::string role_of(JsonValue turn, std::string_view key, const RecordPlace& place) {
    const auto value = turn.find(key);
    for (const auto& [name, role] : kRoles) {
        if (value.is_string() && value.text() == name) {
            return std::string(role);
        }
    }
    place.refuse("system, user or assistant as \"" + std::string(key) + "\" of each turn",
                 value.described(), "calls of tools and their results are not rendered");
}

/// A text, or the texts of its parts one after another.
std::string content_of(JsonValue turn, std::string_view key, const RecordPlace& place) {
    const auto value = turn.find(key);
    if (value.is_string()) {
        return std::string(value.text());
    }
    const std::string expected = "a text as \"" + std::string(key) + "\" of each turn";
    if (!value.is_array()) {
        place.refuse(expected, value.described());
    }
    std::string content;
    for (auto part = value.first(); part; part = part.next()) {
        const auto text = part.find("text");
        if (!text.is_string()) {
            place.refuse(expected, "a part of type " + part.find("type").described());
        }
        content += text.text();
    }
    return content;
}

}  // namespace

std::vector<ChatMessage> chat_messages(JsonValue record, const RecordPlace& place) {
    const bool of_openai = static_cast<bool>(record.find("messages"));
    const std::string key = of_openai ? "messages" : "conversations";
    const auto list = record.find(key);
    const std::string expected = "a list of turns as \"" + key + "\"";
    if (!list.is_array()) {
        place.refuse(expected, list.described());
    }
    std::vector<ChatMessage> messages;
    for (auto turn = list.first(); turn; turn = turn.next()) {
        if (!turn.is_object()) {
            place.refuse(expected, turn.described());
        }
        messages.push_back({.role = role_of(turn, of_openai ? "role" : "from", place),
                            .content = content_of(turn, of_openai ? "content" : "value", place)});
    }
    if (messages.empty()) {
        place.refuse(expected, "an empty one");
    }
    return messages;
}

std::string chat_text(std::span<const ChatMessage> messages) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& message : messages) {
        list.push_back({{"role", to_utf8(message.role)}, {"content", to_utf8(message.content)}});
    }
    return list.dump();
}

std::vector<ChatMessage> read_chat_text(std::string_view text) {
    std::string copy(text);  // which the parser writes into
    JsonTree tree;
    std::vector<ChatMessage> messages;
    if (!is_utf8(copy) || tree.parse(copy.data(), copy.size()) || !tree.root().is_array()) {
        return messages;
    }
    for (auto turn = tree.root().first(); turn; turn = turn.next()) {
        const auto said = [&](std::string_view key) {
            const auto found = turn.find(key);
            return found.is_string() ? std::string(found.text()) : std::string();
        };
        messages.push_back({.role = said("role"), .content = said("content")});
    }
    return messages;
}

}  // namespace otherwise
