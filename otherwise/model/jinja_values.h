// What Python says of values: their text, and whether two are the same.
#pragma once

#include <string>

#include "jinja/runtime.h"

namespace otherwise {

/// str(one): what `{{ one }}` writes. Throws std::runtime_error where the engine does not know it:
/// a function, a number with other digits, texts in a list that repr() would escape.
[[nodiscard]] jinja::string text_of(const jinja::value& one);

/// one == other, in depth.
[[nodiscard]] bool is_same(const jinja::value& one, const jinja::value& other);

[[nodiscard]] bool is_number(const jinja::value& one);

/// "a list", "None": for complaints.
[[nodiscard]] std::string kind_of(const jinja::value& one);

}  // namespace otherwise
