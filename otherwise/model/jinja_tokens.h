// Jinja source to the engine's tokens, as Jinja2 would cut it, and what is said against it: in one
// line that names the place.
#pragma once

#include <cstddef>
#include <exception>
#include <string>

#include "jinja/lexer.h"

namespace otherwise {

/// Throws Error: no Jinja, too long, blanks that the engine does not know beside a block.
[[nodiscard]] jinja::lexer_result jinja_tokens(const std::string& name, const std::string& source);

/// Throws Error: expressions or blocks that nest too deep, chains of comparisons.
void require_simple(const std::string& name, const jinja::lexer_result& lexed);

/// "line 3, at `message.content | foo`".
[[nodiscard]] std::string jinja_place(const std::string& source, std::size_t at);
/// Not without end either.
[[nodiscard]] std::string in_one_line(std::string text);
/// Without the engine's prefix and its drawing of the place.
[[nodiscard]] std::string said_by(const std::exception& error);
[[noreturn]] void refuse_jinja_source(const std::string& name, const std::string& what,
                                      const std::string& where);

}  // namespace otherwise
