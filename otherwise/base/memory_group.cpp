#include "otherwise/base/memory_group.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

/// Names of a version's files.
struct Names {
    const char* limit;
    const char* used;
    const char* idle;  ///< of memory.stat: file pages not in use, of the group and those below it
};
constexpr Names kTwo{.limit = "memory.max", .used = "memory.current", .idle = "inactive_file"};
constexpr Names kOne{.limit = "memory.limit_in_bytes",
                     .used = "memory.usage_in_bytes",
                     .idle = "total_inactive_file"};

/// The number in a file; nothing where it holds a word, as "max".
std::optional<std::size_t> number_in(const fs::path& path) {
    std::ifstream file(path);
    std::size_t number = 0;
    return file >> number ? std::optional(number) : std::nullopt;
}

std::size_t idle_in(const fs::path& group, std::string_view name) {
    std::ifstream file(group / "memory.stat");
    std::string key;
    std::size_t number = 0;
    while (file >> key >> number) {
        if (key == name) {
            return number;
        }
    }
    return 0;
}

std::optional<std::size_t> left_in(const fs::path& group, const Names& names) {
    const auto limit = number_in(group / names.limit);
    const auto used = number_in(group / names.used);
    if (!limit || !used) {
        return std::nullopt;
    }
    const auto idle = std::min(*used, idle_in(group, names.idle));
    return *limit - std::min(*limit, *used - idle);
}

/// The least of the group and those above it, up to `root`. Within a container its own group is
/// the root, and the path that the kernel names may not be there.
std::optional<std::size_t> least_left(const fs::path& root, const fs::path& path,
                                      const Names& names) {
    std::optional<std::size_t> least;
    fs::path below = path.relative_path();
    while (true) {
        if (const auto left = left_in(below.empty() ? root : root / below, names)) {
            least = std::min(least.value_or(*left), *left);
        }
        if (below.empty()) {
            return least;
        }
        below = below.parent_path();
    }
}

bool has_memory(const std::string& controllers) {
    std::istringstream names(controllers);
    std::string name;
    while (std::getline(names, name, ',')) {
        if (name == "memory") {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<std::size_t> left_in_group(const GroupFiles& files) {
    std::optional<std::size_t> least;
    std::ifstream own(files.own);
    std::string line;  // number:controllers:path
    while (std::getline(own, line)) {
        const auto first = line.find(':');
        const auto second = line.find(':', first == std::string::npos ? first : first + 1);
        if (second == std::string::npos) {
            continue;
        }
        const auto controllers = line.substr(first + 1, second - first - 1);
        const fs::path path = line.substr(second + 1);
        std::optional<std::size_t> left;
        if (controllers.empty()) {
            left = least_left(files.folder, path, kTwo);
        } else if (has_memory(controllers)) {
            left = least_left(files.folder / "memory", path, kOne);
        }
        if (left) {
            least = std::min(least.value_or(*left), *left);
        }
    }
    return least;
}

}  // namespace otherwise
