#include "otherwise/base/free_memory.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "otherwise/base/memory_group.h"

namespace otherwise {

namespace {

/// Of the machine.
std::size_t available() {
    std::ifstream file("/proc/meminfo");
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string key;
        std::size_t kilobytes = 0;
        if (words >> key >> kilobytes && key == "MemAvailable:") {
            return kilobytes * 1024;
        }
    }
    return 0;
}

}  // namespace

std::size_t free_memory() {
    const auto free = available();
    const auto left = left_in_group();
    return left && free > 0 ? std::clamp<std::size_t>(*left, 1, free) : free;
}

}  // namespace otherwise
