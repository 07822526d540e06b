#include "otherwise/base/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

using Quota = std::optional<double>;

Quota least(Quota a, Quota b) {
    if (a && b) {
        return std::min(*a, *b);
    }
    return a ? a : b;
}

Quota ratio(double quota, double period) {
    return quota > 0.0 && period > 0.0 ? Quota(quota / period) : std::nullopt;
}

/// Version 2.
Quota from_max(const fs::path& folder) {
    std::ifstream file(folder / "cpu.max");
    double quota = 0.0;
    double period = 0.0;
    return file >> quota >> period ? ratio(quota, period) : std::nullopt;  // not for "max 100000"
}

/// Version 1.
Quota from_cfs(const fs::path& folder) {
    std::ifstream quota_file(folder / "cpu.cfs_quota_us");
    std::ifstream period_file(folder / "cpu.cfs_period_us");
    double quota = 0.0;
    double period = 0.0;
    return quota_file >> quota && period_file >> period ? ratio(quota, period) : std::nullopt;
}

/// The least of a group and those above it. `group` is a path below `mount`.
Quota least_above(const fs::path& mount, fs::path group, Quota (*read)(const fs::path&)) {
    Quota quota;
    group = group.relative_path();
    while (!group.empty()) {
        quota = least(quota, read(mount / group));
        group = group.parent_path();
    }
    return least(quota, read(mount));
}

bool has_word(const std::string& list, const std::string& word) {
    std::istringstream words(list);
    for (std::string each; std::getline(words, each, ',');) {
        if (each == word) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::optional<double> processor_quota(const fs::path& root) {
    Quota quota;
    std::ifstream groups(root / "proc/self/cgroup");
    const fs::path mounts = root / "sys/fs/cgroup";
    for (std::string line; std::getline(groups, line);) {  // "NUMBER:CONTROLLERS:PATH"
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) {
            continue;
        }
        const auto controllers = line.substr(first + 1, second - first - 1);
        const auto path = line.substr(second + 1);
        if (controllers.empty()) {
            quota = least(quota, least_above(mounts, path, from_max));
        } else if (has_word(controllers, "cpu")) {
            quota = least(quota, least_above(mounts / controllers, path, from_cfs));
            quota = least(quota, least_above(mounts / "cpu", path, from_cfs));
        }
    }
    return quota;
}

int processors() {
    const int present = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const auto quota = processor_quota();
    // Rounded up: two threads make more of 1.5 processors than one.
    return quota && *quota < present ? std::max(1, static_cast<int>(std::ceil(*quota))) : present;
}

int thread_count(int requested) { return requested > 0 ? requested : processors(); }

}  // namespace otherwise
