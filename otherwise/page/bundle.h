// The scripts of a page as one: each file is a part of one function, whose names the parts share
// and nobody else sees.
#pragma once

#include <span>
#include <string>

namespace otherwise {

/// The embedded files (page/assets.h) in this order, strict, in one function. Throws misuse for a
/// name that is not embedded.
[[nodiscard]] std::string bundled_scripts(std::span<const char* const> names);

}  // namespace otherwise
