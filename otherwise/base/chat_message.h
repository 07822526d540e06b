// One turn of a chat, as people store them.
#pragma once

#include <string>

namespace otherwise {

struct ChatMessage {
    std::string role;  ///< "system", "user" or "assistant"
    std::string content;

    bool operator==(const ChatMessage&) const = default;
};

}  // namespace otherwise
