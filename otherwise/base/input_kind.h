// What a file is that is no text: by its first bytes, never by its name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace otherwise {

/// A file of another kind than text, and what to do with it.
struct ForeignInput {
    std::string kind;    ///< "a control vector (GGUF)", or "" for what may be text
    std::string advice;  ///< what to try
};

/// How many of the first bytes foreign_input wants to see.
inline constexpr std::size_t kForeignHead = 4096;

[[nodiscard]] ForeignInput foreign_input(std::string_view head);

}  // namespace otherwise
