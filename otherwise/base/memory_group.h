// What a container or a service may still use, where its limit is below the machine's memory.
//
// Linux control groups, version 2 (memory.max, memory.current) and 1 (memory.limit_in_bytes,
// memory.usage_in_bytes); file pages that are not in use count as free, as the kernel gives them
// back. A process beyond the limit is killed without a word, so a plan has to know it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

namespace otherwise {

/// Where the kernel tells of groups.
struct GroupFiles {
    std::filesystem::path own = "/proc/self/cgroup";  ///< this process's groups
    std::filesystem::path folder = "/sys/fs/cgroup";  ///< all groups' files
};

/// Bytes left under the tightest limit of the process's group and those above it; nothing without a
/// limit.
[[nodiscard]] std::optional<std::size_t> left_in_group(const GroupFiles& files = {});

}  // namespace otherwise
