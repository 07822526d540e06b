// All bytes of a small file.
#pragma once

#include <string>

namespace otherwise {

/// Reads a file to its end. Throws Error that says `expected` where there is none, it is a folder,
/// or the disk does not give all of it: a stream's iterators would end there as if that were all.
[[nodiscard]] std::string whole_file(const std::string& path, const char* expected);

}  // namespace otherwise
