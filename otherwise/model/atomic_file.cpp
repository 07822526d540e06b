#include "otherwise/model/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

std::string reason() { return std::generic_category().message(errno); }

std::filesystem::path folder_of(const std::filesystem::path& target) {
    return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

/// ".m.gguf.1234.0.tmp", by process and number.
std::filesystem::path temporary_name(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};
    return folder_of(target) /
           ("." + target.filename().string() + "." + std::to_string(::getpid()) + "." +
            std::to_string(counter++) + ".tmp");
}

bool sync(const std::filesystem::path& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool synced = ::fsync(fd) == 0;
    return ::close(fd) == 0 && synced;
}

/// Renames unless the name is taken. File systems without that flag have hard links instead; those
/// with neither leave a moment between the look and the renaming.
bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return true;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return false;
    }
    if (::link(from.c_str(), to.c_str()) == 0) {
        ::unlink(from.c_str());
        return true;
    }
    if (errno == EEXIST) {
        return false;
    }
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(to, ignored))) {
        errno = EEXIST;
        return false;
    }
    return ::rename(from.c_str(), to.c_str()) == 0;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target)
    : target_(std::move(target)), temporary_(temporary_name(target_)) {
    std::error_code ignored;
    if (!target_.has_filename() || std::filesystem::is_directory(target_, ignored)) {
        fail({.where = "AtomicFile",
              .expected = "the name of a file to write",
              .came = "a folder, '" + target_.string() + "'"});
    }
    if (std::filesystem::exists(target_, ignored) &&
        !std::filesystem::is_regular_file(target_, ignored)) {
        fail({.where = "AtomicFile",
              .expected = "the name of a file to write",
              .came = "a device or pipe, '" + target_.string() + "'"});
    }
    const int fd = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) {
        fail({.where = "AtomicFile",
              .expected = "a folder that can be written for '" + target_.string() + "'",
              .came = reason()});
    }
    ::close(fd);
}

AtomicFile::~AtomicFile() {
    if (!committed_) {
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }
}

void AtomicFile::commit() { give_name(true); }

void AtomicFile::commit_new() { give_name(false); }

void AtomicFile::give_name(bool replace) {
    const bool named =
        sync(temporary_, O_RDWR) && (replace ? ::rename(temporary_.c_str(), target_.c_str()) == 0
                                             : rename_new(temporary_, target_));
    if (!named) {
        fail({.where = "AtomicFile",
              .expected = "to write '" + target_.string() + "'",
              .came = reason()});
    }
    committed_ = true;
    sync(folder_of(target_), O_RDONLY);  // not every file system can; the name is there anyway
}

void require_space(const std::filesystem::path& target, std::uint64_t bytes) {
    std::error_code error;
    const auto space = std::filesystem::space(folder_of(target), error);
    if (!error && space.available < bytes) {
        constexpr std::uint64_t kMegabyte = 1000000;
        fail({.where = "require_space",
              .expected = std::to_string(bytes / kMegabyte + 1) + " MB of room for '" +
                          target.string() + "'",
              .came = std::to_string(space.available / kMegabyte) + " MB"});
    }
}

}  // namespace otherwise
