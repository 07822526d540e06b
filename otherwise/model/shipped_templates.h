// The chat templates that come with llama.cpp's source (models/templates), embedded.
#pragma once

#include <span>
#include <string_view>

namespace otherwise {

struct ShippedTemplate {
    std::string_view name;  ///< of its file, without .jinja: "meta-llama-Llama-3.1-8B-Instruct"
    std::string_view text;
};

/// By name; none where llama.cpp is an installed one.
[[nodiscard]] std::span<const ShippedTemplate> shipped_templates();

}  // namespace otherwise
