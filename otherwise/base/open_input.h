// Input files, opened with a reason where that fails.
#pragma once

#include <fstream>
#include <string>

namespace otherwise {

/// Opens a file to read. Throws Error that says `expected` where there is none, or a folder.
[[nodiscard]] std::ifstream open_input(const std::string& path, const char* expected);

}  // namespace otherwise
