// The files of otherwise/page/static and the plotting library, embedded when the page is built
// (cmake/embed.cmake). Immutable.
#pragma once

#include <string_view>

namespace otherwise {

/// The file's text by its name, as "report.css". Throws Error (misuse) when there is none.
[[nodiscard]] std::string_view page_asset(std::string_view name);

}  // namespace otherwise
