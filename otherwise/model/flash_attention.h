// How attention is computed, as llama.cpp's -fa says it.
#pragma once

#include <string>
#include <vector>

namespace otherwise {

/// Inline, since items and studies are read without llama.cpp, too.
[[nodiscard]] inline std::vector<std::string> flash_attention_names() {
    return {"on", "off", "auto"};
}

}  // namespace otherwise
