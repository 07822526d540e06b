// What the library says to people while it works.
#pragma once

#include <functional>
#include <string>

namespace otherwise {

/// Takes lines for people, such as what the probe of batch invariance found. Settings in them are
/// marked (base/setting.h).
using Note = std::function<void(const std::string&)>;

}  // namespace otherwise
