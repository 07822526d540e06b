// What `otherwise fit` prints.
#pragma once

#include <string>

#include "otherwise/console/strings.h"
#include "otherwise/fit/methods/fitted.h"

namespace otherwise::console {

/// A table and bars of the layers (or heads), what was found, the file, and how to apply it.
[[nodiscard]] std::string fit_text(const FitResult& result, const std::string& path,
                                   const Style& style);

}  // namespace otherwise::console
