// Filters and methods of texts and numbers, as Python and Jinja2 have them. All throw
// std::runtime_error for what they do not take, and pay for what they make.
#pragma once

#include <string>

#include "otherwise/model/jinja_functions.h"

namespace otherwise {

[[nodiscard]] jinja::value text_value(jinja::string text);

/// A function of the engine's, which copies what it is given a few times; of the type of the first
/// argument by its name.
[[nodiscard]] jinja::value engine_function(jinja::context& context, const std::string& name,
                                           const jinja::func_handler& function,
                                           const JinjaArguments& arguments);
[[nodiscard]] jinja::value engine_builtin(jinja::context& context, const std::string& name,
                                          const JinjaArguments& arguments);

[[nodiscard]] jinja::value jinja_replace(const JinjaArguments& arguments);
/// The items of a list, or an attribute of each, with a text between any two.
[[nodiscard]] jinja::value jinja_join(const jinja::value& list, const jinja::string& between,
                                      const std::string& attribute, bool texts_alone);
[[nodiscard]] jinja::value jinja_indent(const JinjaArguments& arguments);
/// int and float.
[[nodiscard]] jinja::value jinja_number(const std::string& name, const JinjaArguments& arguments);
[[nodiscard]] jinja::value jinja_tojson(jinja::context& context, const JinjaArguments& arguments);
[[nodiscard]] jinja::value jinja_length(const jinja::value& one);
[[nodiscard]] jinja::value jinja_default(const JinjaArguments& arguments);
/// trim, strip, lstrip and rstrip.
[[nodiscard]] jinja::value jinja_strip(const std::string& name, const JinjaArguments& arguments);
/// split and rsplit.
[[nodiscard]] jinja::value jinja_split(const std::string& name, const JinjaArguments& arguments);
/// str.format.
[[nodiscard]] jinja::value jinja_format(jinja::context& context, const JinjaArguments& arguments);

}  // namespace otherwise
