// What a plan may count on.
#pragma once

#include <cstddef>

namespace otherwise {

/// Bytes that can be used without swapping and below the limit of a container, at least 1; 0 when
/// the system does not say.
[[nodiscard]] std::size_t free_memory();

}  // namespace otherwise
