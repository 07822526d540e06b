// One process at a time writes a run.
#pragma once

#include <filesystem>

namespace otherwise {

/// An advisory lock (flock) of a run file. It goes with the process, however it ends; it is the
/// file's, whatever its name. A file that cannot be opened is not locked: SQLite refuses it with
/// more to say.
class RunLock {
public:
    /// Throws Error where another run holds it.
    explicit RunLock(const std::filesystem::path& path);
    ~RunLock();
    RunLock(RunLock&& other) noexcept;
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;
    RunLock& operator=(RunLock&&) = delete;

private:
    int file_;  // −1 where there is none
};

}  // namespace otherwise
