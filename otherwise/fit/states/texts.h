// Sets of texts to learn from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace otherwise {

/// The texts of one file, in its order.
struct TextSet {
    std::string path{};
    std::string sha256{};  ///< of the file
    std::vector<std::string> texts;
};

struct TextOptions {
    int limit = 0;      ///< the first N texts, 0 = all
    std::string field;  ///< a dotted path to the text, a table's column; "" is the known names
};

/// The texts of whatever Records knows: lines, strings, and of objects "text", "prompt" or
/// "instruction", the first that is there. Throws Error with file and line: no such file, no text
/// at all, no text in a record, a key that looks like one of these; facts, pairs or chats; a file
/// of another kind; and what Records refuses.
[[nodiscard]] TextSet read_texts(const std::filesystem::path& path,
                                 const TextOptions& options = {});

}  // namespace otherwise
