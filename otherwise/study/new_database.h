// A database file that is whole or absent: made under a temporary name, then renamed.
//
// A process that is killed before leaves the temporary file, never a half one under the name. What
// a lost file of the name has left beside it (-wal, -shm, -journal) goes away before: SQLite would
// play it into the new file.
#pragma once

#include <filesystem>
#include <vector>

#include "otherwise/model/atomic_file.h"

namespace otherwise {

class NewDatabase {
public:
    /// Throws Error: there is a file of the name, or the folder takes none.
    explicit NewDatabase(const std::filesystem::path& target);
    /// Removes what is there unless it was committed.
    ~NewDatabase();
    NewDatabase(const NewDatabase&) = delete;
    NewDatabase& operator=(const NewDatabase&) = delete;

    /// Where to make it.
    [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

    /// Gives the closed database its name. Throws Error where another process was faster.
    void commit();

private:
    std::filesystem::path target_;
    AtomicFile file_;
    std::vector<std::filesystem::path> companions_;  // whose names need no memory at the end
};

}  // namespace otherwise
