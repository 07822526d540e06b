// The licences of what is compiled into the library and the programs made of it.
#pragma once

#include <string_view>

namespace otherwise {

/// What the build's NOTICES.txt says (cmake/notices.cmake): the names and versions of all parts,
/// one a line, then each with its licence. UTF-8; lives as long as the program.
[[nodiscard]] std::string_view licenses();

}  // namespace otherwise
