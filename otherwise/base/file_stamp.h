// Whether a file is the one that was read before, without reading it.
#pragma once

#include <filesystem>
#include <string>

namespace otherwise {

/// Where it lies, its size, the times of its last changes in nanoseconds, and its number on its
/// disk: another text for a file that was written anew or put in its place. The path alone where
/// there is no such file.
[[nodiscard]] std::string file_stamp(const std::filesystem::path& path);

}  // namespace otherwise
