// Memory that is refused within a library whose exceptions are told in words of ours.
#pragma once

#include <cstring>
#include <exception>
#include <new>

namespace otherwise {

/// Throws std::bad_alloc where that is what was thrown, or what another exception was made of: it
/// is no fault of the input that the library was reading.
inline void rethrow_no_memory(const std::exception& error) {
    if (std::strstr(error.what(), std::bad_alloc().what()) != nullptr) {
        throw std::bad_alloc();
    }
}

}  // namespace otherwise
