#include "otherwise/base/waiting.h"

#include <fstream>
#include <system_error>

namespace otherwise {

std::optional<double> seconds_waited(const std::filesystem::path& tasks) {
    std::error_code error;
    std::filesystem::directory_iterator task(tasks, error);
    double nanoseconds = 0.0;
    bool counted = false;
    for (; !error && task != std::filesystem::directory_iterator(); task.increment(error)) {
        std::ifstream file(task->path() / "schedstat");  // a thread that ended has none
        double ran = 0.0;
        double waited = 0.0;
        if (file >> ran >> waited) {
            nanoseconds += waited;
            counted = true;
        }
    }
    return counted ? std::optional(nanoseconds * 1e-9) : std::nullopt;
}

}  // namespace otherwise
