// Jinja's tokens to the engine's program, and its failures as one line that names the place.
//
// The engine throws without a place, or with a drawing of it; both are turned into line and text.
#pragma once

#include <cstddef>
#include <exception>
#include <string>

#include "jinja/lexer.h"
#include "jinja/runtime.h"

namespace otherwise {

/// Throws Error: no Jinja, or a construct that the engine does not know.
[[nodiscard]] jinja::program jinja_program(const std::string& name,
                                           const jinja::lexer_result& lexed);

/// Throws Error for a failed execution of the statement at byte `at`.
[[noreturn]] void refuse_rendering(const std::string& name, const jinja::lexer_result& lexed,
                                   std::size_t at, const std::exception& error);

}  // namespace otherwise
