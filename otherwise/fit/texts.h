// Sets of texts to learn from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace otherwise {

/// The texts of one file, in its order.
struct TextSet {
    std::string path;
    std::string sha256;  ///< of the file
    std::vector<std::string> texts;
};

/// One text a line, or JSON lines with "text" (or "prompt") when the first line starts with '{'.
/// Blank lines are left out; the first `limit` texts, 0 = all. Throws Error with file and line: no
/// such file, no text at all, not UTF-8, not JSON, neither key.
[[nodiscard]] TextSet read_texts(const std::filesystem::path& path, int limit = 0);

}  // namespace otherwise
