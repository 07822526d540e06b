// Loops over independent rows on a few threads. OpenMP where it is built in (llama.cpp's CPU
// backend uses the same pool, so no threads compete), plain threads otherwise (thread sanitizer).
#pragma once

#include <functional>

namespace otherwise {

/// Processors that this process may use, at least 1.
[[nodiscard]] int processors();

/// Calls body(i) for i in [0, n), on at most `threads` threads. The first exception is rethrown.
void parallel_for(int n, int threads, const std::function<void(int)>& body);

}  // namespace otherwise
