#include "otherwise/model/atomic_file.h"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kSlots = 16;
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestEnd = 16;  // "-journal"

/// The name of an unfinished file, where a signal handler can read it.
struct Slot {
    std::atomic<bool> taken{false};
    std::atomic<bool> named{false};
    std::array<char, kLongestName + kLongestEnd> name{};
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<Slot, kSlots> unfinished;

/// A slot with the name, −1 where there is none or the name is too long: then nobody cleans up
/// after a crash.
int remember(const std::string& name) {
    for (std::size_t i = 0; i < kSlots && name.size() < kLongestName; ++i) {
        if (!unfinished[i].taken.exchange(true)) {
            std::ranges::copy(name, unfinished[i].name.begin());
            unfinished[i].name[name.size()] = '\0';
            unfinished[i].named = true;
            return static_cast<int>(i);
        }
    }
    return -1;
}

void forget(int slot) {
    if (slot >= 0) {
        auto& its = unfinished[static_cast<std::size_t>(slot)];
        its.named = false;
        its.taken = false;
    }
}

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

/// The process that made a temporary file of this target, by its name; 0 for another file.
int maker_of(const std::string& name, const std::string& target) {
    const std::string start = "." + target + ".";
    int maker = 0;
    unsigned number = 0;
    if (!name.starts_with(start) || !name.ends_with(".tmp")) {
        return 0;
    }
    const char* end = name.data() + name.size();
    const auto pid = std::from_chars(name.data() + start.size(), end, maker);
    if (pid.ec != std::errc{} || pid.ptr == end || *pid.ptr != '.') {
        return 0;
    }
    const auto rest = std::from_chars(pid.ptr + 1, end, number);
    return rest.ec == std::errc{} && std::string_view(rest.ptr, end) == ".tmp" ? maker : 0;
}

/// Takes away temporary files of a target whose makers are gone. A file that was written a moment
/// ago may be that of a process elsewhere, in the same folder under another number.
void remove_abandoned(const std::filesystem::path& target) {
    constexpr auto kMoment = std::chrono::minutes(1);
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder_of(target), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const int maker = maker_of(entry->path().filename().string(), target.filename().string());
        if (maker <= 0 || ::kill(maker, 0) == 0 || errno != ESRCH) {
            continue;
        }
        std::error_code ignored;
        const auto written = std::filesystem::last_write_time(entry->path(), ignored);
        if (!ignored && std::filesystem::file_time_type::clock::now() - written > kMoment) {
            for (const char* end : {"", "-wal", "-shm", "-journal"}) {
                std::filesystem::remove(entry->path().string() + end, ignored);
            }
        }
    }
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
    remove_abandoned(target_);
    const int fd = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd < 0) {
        fail({.where = "AtomicFile",
              .expected = "a folder that can be written for '" + target_.string() + "'",
              .came = reason()});
    }
    ::close(fd);
    slot_ = remember(temporary_.native());  // nothing throws once there is a file
}

AtomicFile::~AtomicFile() {
    if (!committed_) {
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }
    forget(slot_);
}

void AtomicFile::commit() { give_name(true); }

void AtomicFile::commit_new() { give_name(false); }

void AtomicFile::give_name(bool replace) {
    const auto folder = folder_of(target_);  // nothing throws once it has its name
    const bool named =
        sync(temporary_, O_RDWR) && (replace ? ::rename(temporary_.c_str(), target_.c_str()) == 0
                                             : rename_new(temporary_, target_));
    if (!named) {
        fail({.where = "AtomicFile",
              .expected = "to write '" + target_.string() + "'",
              .came = reason()});
    }
    committed_ = true;
    forget(std::exchange(slot_, -1));
    sync(folder, O_RDONLY);  // not every file system can; the name is there anyway
}

void remove_unfinished_files() noexcept {
    for (auto& slot : unfinished) {
        if (!slot.named) {
            continue;
        }
        const std::size_t length = std::strlen(slot.name.data());
        for (const std::string_view end : {"", "-wal", "-shm", "-journal"}) {
            std::memcpy(slot.name.data() + length, end.data(), end.size());
            slot.name[length + end.size()] = '\0';
            ::unlink(slot.name.data());
        }
        slot.name[length] = '\0';
    }
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
