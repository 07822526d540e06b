// Sizes of memory in MB of 2²⁰ bytes, for people.
#pragma once

#include <cstddef>
#include <string>

namespace otherwise {

/// For formats of one's own.
constexpr double megabytes(std::size_t bytes) {
    constexpr double kMegabyte = 1024.0 * 1024.0;
    return static_cast<double>(bytes) / kMegabyte;
}

/// "17 MB" hold what is needed: rounded up.
inline std::string needed_megabytes(std::size_t bytes) {
    return std::to_string((bytes >> 20U) + 1) + " MB";
}

/// "16 MB" are there: rounded down.
inline std::string given_megabytes(std::size_t bytes) {
    return std::to_string(bytes >> 20U) + " MB";
}

}  // namespace otherwise
