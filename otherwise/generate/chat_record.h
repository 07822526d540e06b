// The turns of a chat, in either form that people store them in:
//
//   {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
//   {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
//
// OpenAI's, whose content may be a list of parts {"type": "text", "text"}, and ShareGPT's. Roles
// are system (OpenAI's developer, too), user and assistant; calls of tools and pictures are
// refused.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/chat_message.h"
#include "otherwise/base/json_value.h"
#include "otherwise/base/records.h"

namespace otherwise {

/// The turns of a record with "messages" or "conversations", at least one. Throws Error that names
/// the record: another role, content that is no text, no turn.
[[nodiscard]] std::vector<ChatMessage> chat_messages(JsonValue record, const RecordPlace& place);

/// The turns as OpenAI's list: [{"role": "user", "content": "Hi"}, …].
[[nodiscard]] std::string chat_text(std::span<const ChatMessage> messages);

/// The turns of such a list; none where it is another thing.
[[nodiscard]] std::vector<ChatMessage> read_chat_text(std::string_view text);

}  // namespace otherwise
