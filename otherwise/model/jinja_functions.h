// The filters, methods and tests that templates call, as Jinja2 has them: the engine's own where it
// does the same, else ours, else an error. Each is paid for before it is done.
//
// The engine differs in what it calls a method (its filters), in characters and blanks (bytes), in
// sorting, in default() of None, in select() by a test, in attributes with dots, and elsewhere.
#pragma once

#include <string>
#include <vector>

#include "jinja/runtime.h"

namespace otherwise {

/// Positional and named arguments (value_kwarg); of a filter, a method and a test the first is what
/// it is applied to.
using JinjaArguments = std::vector<jinja::value>;

/// Throw std::runtime_error: no such one, wrong arguments, what Jinja2 would do otherwise.
[[nodiscard]] jinja::value apply_filter(jinja::context& context, std::string name,
                                        const JinjaArguments& arguments);
[[nodiscard]] jinja::value call_method(jinja::context& context, const std::string& name,
                                       const JinjaArguments& arguments);
[[nodiscard]] bool passes_test(jinja::context& context, const std::string& name,
                               const JinjaArguments& arguments);
/// range, dict, namespace, raise_exception, strftime_now.
[[nodiscard]] jinja::value call_global(jinja::context& context, const jinja::value_func_t& function,
                                       const JinjaArguments& arguments);

/// `one in all`.
[[nodiscard]] bool is_in(const jinja::value& one, const jinja::value& all);

/// Whether Python's type of the value has the method.
[[nodiscard]] bool has_method(const jinja::value& one, const std::string& name);

/// The member of a value, as `one[name]` finds it; undefined where there is none.
[[nodiscard]] jinja::value member_of(const jinja::value& one, const jinja::value& name);

}  // namespace otherwise
