// Tokens as pieces of text that can stand alone.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace otherwise {

/// The pieces of one string, made UTF-8. A token may end in the middle of a character; the
/// character then belongs to the token that completes it, and the ones before show less, perhaps
/// nothing. What is no UTF-8 becomes U+FFFD. As many pieces as came.
[[nodiscard]] std::vector<std::string> whole_characters(std::span<const std::string> pieces);

}  // namespace otherwise
