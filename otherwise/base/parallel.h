// Loops over independent rows on a few threads, which are made for the loop and gone after it:
// about 20 µs each, and none that waits is in the way of llama.cpp's own or of other processes.
#pragma once

#include <functional>

namespace otherwise {

/// Calls body(i) for i in [0, n), on at most `threads` threads. The first exception is rethrown.
void parallel_for(int n, int threads, const std::function<void(int)>& body);

}  // namespace otherwise
