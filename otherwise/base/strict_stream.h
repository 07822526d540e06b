// Streams that swallow nothing.
#pragma once

#include <ios>

namespace otherwise {

/// The stream, which throws what goes wrong below it (no memory, a disk that fails). Streams of the
/// standard library set a bit then and go on, and what they read or wrote is cut off in silence.
template <typename Stream>
[[nodiscard]] Stream strict(Stream stream) {
    stream.exceptions(std::ios::badbit);
    return stream;
}

}  // namespace otherwise
