#include "otherwise/base/free_memory.h"

#include <fstream>
#include <sstream>
#include <string>

namespace otherwise {

std::size_t free_memory() {
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

}  // namespace otherwise
