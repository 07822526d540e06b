// Filters of lists: by a test, by an attribute, in order.
#pragma once

#include <string>

#include "otherwise/model/jinja_functions.h"

namespace otherwise {

/// select, reject, selectattr, rejectattr.
[[nodiscard]] jinja::value jinja_select(jinja::context& context, const std::string& name,
                                        const JinjaArguments& arguments);
/// map: an attribute, or another filter by its name.
[[nodiscard]] jinja::value jinja_map(jinja::context& context, const JinjaArguments& arguments);
[[nodiscard]] jinja::value jinja_sort(const JinjaArguments& arguments);
/// min or max.
[[nodiscard]] jinja::value jinja_extreme(const std::string& name, const JinjaArguments& arguments);
[[nodiscard]] jinja::value jinja_dictsort(const JinjaArguments& arguments);

/// Whether one comes before other. Throws std::runtime_error: not two numbers, nor two texts.
[[nodiscard]] bool is_less(const jinja::value& one, const jinja::value& other);

}  // namespace otherwise
