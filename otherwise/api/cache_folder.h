// Where the default model, costs of calls and probes are kept: Work::cache_folder of both faces.
#pragma once

#include <string>

namespace otherwise {

/// $OTHERWISE_CACHE, else otherwise in $XDG_CACHE_HOME, else in ~/.cache.
[[nodiscard]] std::string cache_folder();

}  // namespace otherwise
