// A chat template's program made safe, and as Jinja2 has it: nodes of the engine's are replaced by
// those of jinja_nodes.h, which pay for what they do (jinja_budget.h).
//
// What cannot be made right is refused, by its place: a macro that is not at the template's top,
// output before a `break` or `continue` within the same `if` (the engine loses it), either of them
// in a loop with an else (which it then runs), parts of `loop` that the
// engine does not have, and `varargs` and `kwargs`.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "jinja/runtime.h"

namespace otherwise {

/// A construct that cannot be right, at a byte of the source.
struct Unbounded : std::runtime_error {
    Unbounded(const std::string& what, std::size_t place) : std::runtime_error(what), at(place) {}
    std::size_t at;
};

/// Replaces the nodes. Throws Unbounded.
void bound_program(jinja::program& program);

}  // namespace otherwise
