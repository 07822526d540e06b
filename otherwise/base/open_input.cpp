#include "otherwise/base/open_input.h"

#include <filesystem>
#include <system_error>

#include "otherwise/base/error.h"

namespace otherwise {

std::ifstream open_input(const std::string& path, const char* expected) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    std::ifstream file(path, std::ios::binary);
    const bool folder = std::filesystem::is_directory(status);
    if (folder || !file) {
        std::string what = "one that cannot be read";
        if (folder) {
            what = "a folder";
        } else if (!std::filesystem::exists(status)) {
            what = "no such file";
        }
        fail({.where = "open_input", .expected = expected, .came = what + ", '" + path + "'"});
    }
    return file;
}

}  // namespace otherwise
