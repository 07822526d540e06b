// What a plan may count on.
#pragma once

#include <cstddef>

namespace otherwise {

/// Bytes that the system says can be used without swapping; 0 when it does not say.
[[nodiscard]] std::size_t free_memory();

}  // namespace otherwise
