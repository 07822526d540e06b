// A file that is whole or absent: written under a temporary name beside its target, then renamed.
//
// A process that is killed leaves the temporary file, without its lock: whoever writes the same
// target next takes it away. Where locks of other machines may not be seen (network file systems)
// only one whose maker's number is no process here, and that nobody wrote to for a minute.
#pragma once

#include <cstdint>
#include <filesystem>

namespace otherwise {

class AtomicFile {
public:
    /// Makes an empty temporary file in the target's folder, and takes away those of the same
    /// target that a process left when it was killed. Throws Error when that folder does not take
    /// it, or when the target is a folder itself.
    explicit AtomicFile(std::filesystem::path target);
    /// Removes the temporary file unless it was committed.
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Where to write.
    [[nodiscard]] const std::filesystem::path& path() const { return temporary_; }

    /// Brings the bytes to the disk and gives the file its name, replacing what was there. Throws
    /// Error when the disk does not take them; the target is then as before.
    void commit();
    /// The same, but a file that has the name already stays: then throws Error.
    void commit_new();

private:
    void give_name(bool replace);
    void unlock();

    std::filesystem::path target_;
    std::filesystem::path temporary_;
    int lock_ = -1;  ///< the opened file, locked while it is unfinished
    int slot_ = -1;  ///< among the unfinished files
    bool committed_ = false;
};

/// Whether this is the temporary file of an AtomicFile of this process: what writes there needs no
/// other one.
[[nodiscard]] bool is_unfinished(const std::filesystem::path& path);

/// Takes away the temporary files of this process, and what SQLite keeps beside them: for a process
/// that ends without its destructors. May be called in a signal handler.
void remove_unfinished_files() noexcept;

/// Throws Error when the file system of `target`, or what the process may write to one file (ulimit
/// -f), surely has no room for so many bytes.
void require_space(const std::filesystem::path& target, std::uint64_t bytes,
                   const std::string& advice = "");

}  // namespace otherwise
