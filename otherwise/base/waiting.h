// How long this process's threads have waited for a processor that other work had: the sign that
// fewer threads would do as much.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace otherwise {

/// Seconds that the living threads of this process were ready to run and did not, all together:
/// the second number of Linux's /proc/self/task/*/schedstat, in ns. Nothing on other systems, or
/// where the kernel does not count. Costs about 3 µs a thread. `tasks` is for tests.
[[nodiscard]] std::optional<double> seconds_waited(
    const std::filesystem::path& tasks = "/proc/self/task");

}  // namespace otherwise
