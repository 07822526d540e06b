// How many threads pay: the processors that this process may use. Affinity masks count, and so do
// the quotas of Linux control groups (of containers): with a quota of 2 processors on 64, threads
// beyond the second only make each other wait.
#pragma once

#include <filesystem>
#include <optional>

namespace otherwise {

/// Processors that this process may use, at least 1.
[[nodiscard]] int processors();

/// `requested`, or one for each processor where that is below 1.
[[nodiscard]] int thread_count(int requested);

/// The smallest quota of this process's control group and of those above it, in processors; nothing
/// where there is none, or none can be read. Version 2: `cpu.max` holds "QUOTA PERIOD" or "max …".
/// Version 1: cpu.cfs_quota_us (−1 is none) and cpu.cfs_period_us. `root` is the file system's, for
/// tests. Inside a container the group's path may be the host's; then those of its files that are
/// there count.
[[nodiscard]] std::optional<double> processor_quota(const std::filesystem::path& root = "/");

}  // namespace otherwise
