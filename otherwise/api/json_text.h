// JSON as a text. Internal to the room.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace otherwise {

/// Indented where `indent` is not negative. Names of files and texts of models may be no UTF-8, at
/// which the library for JSON throws: what is wrong in them becomes U+FFFD.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json, int indent = 2) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace otherwise
