// Interventions in a study file: the ITEM of the command line, or a table with the same words.
//
//   "steer:sad.gguf:1.5@layers=8-12"
//   { steer = "sad.gguf", scale = 1.5, layers = "8-12" }
//   { do = " Maybe", at = 0 }            { do = [267, 12], at = 0 }
//
// A table has one key that is a kind; `scale` and `at` say what stands after and before the
// argument of the text form; the others are its options.
#pragma once

#include <toml++/toml.h>
#include <functional>
#include <string>
#include <vector>

#include "otherwise/world/intervention.h"

namespace otherwise {

/// One item or a list of them. Throws misuse with the line.
[[nodiscard]] std::vector<Intervention> read_items(const std::string& key, const toml::node& node,
                                                   const std::string& source);

/// " in line 3 of 'study.toml'"
[[nodiscard]] std::string place(const std::string& source, const toml::source_region& region);
[[nodiscard]] std::string place(const std::string& source, const toml::node& node);

/// Calls the body; an Error of it is thrown again with the place.
void with_place(const std::string& source, const toml::source_region& region,
                const std::function<void()>& body);

/// True where a key of the table is a kind of item, as in { steer = "sad.gguf" }.
[[nodiscard]] bool names_kind(const toml::table& table);

}  // namespace otherwise
