#include "otherwise/api/cache_folder.h"

#include <cstdlib>

namespace otherwise {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

}  // namespace

std::string cache_folder() {
    if (const auto own = environment("OTHERWISE_CACHE"); !own.empty()) {
        return own;
    }
    if (const auto xdg = environment("XDG_CACHE_HOME"); !xdg.empty()) {
        return xdg + "/otherwise";
    }
    return environment("HOME") + "/.cache/otherwise";
}

}  // namespace otherwise
