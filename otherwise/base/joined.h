// Words in a row, for people.
#pragma once

#include <string>
#include <vector>

namespace otherwise {

/// "a, b, c"; "" of none.
[[nodiscard]] inline std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) {
        text += (text.empty() ? "" : ", ") + word;
    }
    return text;
}

}  // namespace otherwise
