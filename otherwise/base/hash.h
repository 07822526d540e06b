// SHA-256, for files (the hash a model hub shows) and, cut to 64 bits, for string ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace otherwise {

/// Lower-case hexadecimal SHA-256 of a file, read in pieces. Throws Error when it cannot be read.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

/// The same of a text.
[[nodiscard]] std::string sha256_text(std::string_view text);

/// The first eight bytes of SHA-256, little-endian: the same number on every machine.
[[nodiscard]] std::uint64_t hash64(std::string_view text);

}  // namespace otherwise
