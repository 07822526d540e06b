// Which bytes of a rendered conversation come from a message.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "otherwise/model/chat_template.h"

namespace otherwise {

using Origins = std::vector<bool>;  ///< for each byte whether it comes from a message

[[nodiscard]] Origins origins_of(const ChatText& parts);
[[nodiscard]] ChatText parts_of(const std::string& text, const Origins& origins);

/// Whether one of the messages holds the text.
[[nodiscard]] bool says(std::span<const ChatMessage> messages, const std::string& text);

}  // namespace otherwise
