#include "otherwise/model/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
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

std::filesystem::path temporary_name(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};
    const std::string name = "." + target.filename().string() + "." + std::to_string(::getpid()) +
                             "." + std::to_string(counter++) + ".tmp";
    return folder_of(target) / name;
}

bool sync(const std::filesystem::path& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    const bool synced = ::fsync(fd) == 0;
    return ::close(fd) == 0 && synced;
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

void AtomicFile::commit() {
    if (!sync(temporary_, O_RDWR) || ::rename(temporary_.c_str(), target_.c_str()) != 0) {
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
