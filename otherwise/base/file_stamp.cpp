#include "otherwise/base/file_stamp.h"

#include <sys/stat.h>

namespace otherwise {

std::string file_stamp(const std::filesystem::path& path) {
    struct stat facts {};
    std::string stamp = path.string();
    if (::stat(path.c_str(), &facts) == 0) {
        constexpr long kNano = 1'000'000'000;
        for (const long part :
             {static_cast<long>(facts.st_size),
              static_cast<long>(facts.st_mtim.tv_sec) * kNano + facts.st_mtim.tv_nsec,
              static_cast<long>(facts.st_ctim.tv_sec) * kNano + facts.st_ctim.tv_nsec,
              static_cast<long>(facts.st_ino)}) {
            stamp += " " + std::to_string(part);
        }
    }
    return stamp;
}

}  // namespace otherwise
