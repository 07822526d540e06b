// JSON as a text. Internal to the room.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace otherwise {

/// Indented where `indent` is not negative. Names of files and texts of models may be no UTF-8, at
/// which the library for JSON throws: what is wrong in them becomes U+FFFD.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json, int indent = 2) {
    return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// A list or an object of an object, where it holds something. It is made apart: an entry that
/// turns from null into a list by its first value is broken where memory fails at that moment, and
/// its destructor reads through a null pointer.
inline void put_some(nlohmann::ordered_json& json, const char* key, nlohmann::ordered_json some) {
    if (!some.empty()) {
        json[key] = std::move(some);
    }
}

}  // namespace otherwise
