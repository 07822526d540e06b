#include "otherwise/model/atomic_file.h"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
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
constexpr int kTries = 1000;
/// What lies beside a database, and at last the file itself: whoever is killed in between leaves
/// what is found again.
constexpr std::array<std::string_view, 4> kEnds{"-wal", "-shm", "-journal", ""};

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

/// The number of this process's next temporary file.
std::atomic<unsigned>& counter() {
    static std::atomic<unsigned> count{0};
    return count;
}

/// ".m.gguf.1234.0.tmp", by process and number.
std::filesystem::path temporary_name(const std::filesystem::path& target) {
    return folder_of(target) /
           ("." + target.filename().string() + "." + std::to_string(::getpid()) + "." +
            std::to_string(counter()++) + ".tmp");
}

/// Who made a temporary file, by its name.
struct Maker {
    int process = 0;  ///< 0: it is none
    unsigned number = 0;

    /// This process, which may still be at it.
    [[nodiscard]] bool ours() const { return process == ::getpid() && number < counter(); }
};

Maker maker_of(const std::string& name, const std::string& target) {
    const std::string start = "." + target + ".";
    Maker maker;
    if (!name.starts_with(start) || !name.ends_with(".tmp")) {
        return {};
    }
    const char* end = name.data() + name.size();
    const auto process = std::from_chars(name.data() + start.size(), end, maker.process);
    if (process.ec != std::errc{} || process.ptr == end || *process.ptr != '.') {
        return {};
    }
    const auto rest = std::from_chars(process.ptr + 1, end, maker.number);
    return rest.ec == std::errc{} && std::string_view(rest.ptr, end) == ".tmp" ? maker : Maker{};
}

/// A disk of this machine, where every process sees every lock. Elsewhere a lock may be nobody's to
/// see, or be in the way of SQLite's.
bool is_local(int fd) {
    constexpr std::array<std::uint32_t, 9> kLocal{
        0xEF53,      // ext2 to ext4
        0x58465342,  // xfs
        0x9123683E,  // btrfs
        0x01021994,  // tmpfs
        0x794C7630,  // overlayfs
        0x2FC12FC1,  // zfs
        0xF2F52010,  // f2fs
        0xCA451A4E,  // bcachefs
        0x858458F6,  // ramfs
    };
    struct ::statfs about {};
    return ::fstatfs(fd, &about) == 0 &&
           std::ranges::count(kLocal, static_cast<std::uint32_t>(about.f_type)) > 0;
}

enum class Claim { taken, refused, unknown };

/// Locks a byte far beyond those that SQLite locks. The lock is that of the opened file: it goes
/// with the process, however that ends, and with no other descriptor of the file.
Claim claim(int fd) {
    constexpr int kByte = 62;
    struct ::flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = ::off_t{1} << kByte;
    lock.l_len = 1;
    if (!is_local(fd)) {
        return Claim::unknown;
    }
    if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        return Claim::taken;
    }
    return errno == EAGAIN || errno == EACCES ? Claim::refused : Claim::unknown;
}

/// By its number no process of this machine, and nobody wrote for a while.
bool seems_gone(const Maker& maker, const std::filesystem::path& path) {
    constexpr auto kMoment = std::chrono::minutes(1);
    if (::kill(maker.process, 0) == 0 || errno != ESRCH) {
        return false;
    }
    std::error_code error;
    const auto written = std::filesystem::last_write_time(path, error);
    return !error && std::filesystem::file_time_type::clock::now() - written > kMoment;
}

/// Takes a temporary file away if its maker is gone.
void remove_if_abandoned(const std::filesystem::path& path, const Maker& maker) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    const Claim claimed = claim(fd);
    if (claimed == Claim::taken || (claimed == Claim::unknown && seems_gone(maker, path))) {
        for (const auto end : kEnds) {
            ::unlink((path.string() + std::string(end)).c_str());
        }
    }
    ::close(fd);
}

/// Takes away temporary files of a target whose makers are gone.
void remove_abandoned(const std::filesystem::path& target) {
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(folder_of(target), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const auto maker = maker_of(entry->path().filename().string(), target.filename().string());
        if (maker.process > 0 && !maker.ours()) {
            remove_if_abandoned(entry->path(), maker);
        }
    }
}

/// A new empty file, locked as long as it is open here; −1 with errno.
int make_locked(const std::filesystem::path& path) {
    const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    if (fd < 0) {
        return fd;
    }
    struct ::stat about {};
    // Between the two calls another process can have taken it for one that was left.
    if (claim(fd) == Claim::refused || ::fstat(fd, &about) != 0 || about.st_nlink == 0) {
        ::close(fd);
        errno = EEXIST;
        return -1;
    }
    return fd;
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

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
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
    errno = EEXIST;  // as long as the name is taken
    for (int i = 0; i < kTries && lock_ < 0 && errno == EEXIST; ++i) {
        temporary_ = temporary_name(target_);
        lock_ = make_locked(temporary_);
    }
    if (lock_ < 0) {
        fail({.where = "AtomicFile",
              .expected = "a folder that can be written for '" + target_.string() + "'",
              .came = reason()});
    }
    slot_ = remember(temporary_.native());  // nothing throws once there is a file
}

AtomicFile::~AtomicFile() {
    if (!committed_) {
        std::error_code ignored;
        std::filesystem::remove(temporary_, ignored);
    }
    forget(slot_);
    unlock();
}

void AtomicFile::unlock() {
    if (lock_ >= 0) {
        ::close(std::exchange(lock_, -1));
    }
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
    unlock();
    sync(folder, O_RDONLY);  // not every file system can; the name is there anyway
}

bool is_unfinished(const std::filesystem::path& path) {
    return std::ranges::any_of(unfinished, [&](const Slot& slot) {
        return slot.named && path.native() == slot.name.data();
    });
}

void remove_unfinished_files() noexcept {
    for (auto& slot : unfinished) {
        if (!slot.named) {
            continue;
        }
        const std::size_t length = std::strlen(slot.name.data());
        for (const std::string_view end : kEnds) {
            std::memcpy(slot.name.data() + length, end.data(), end.size());
            slot.name[length + end.size()] = '\0';
            ::unlink(slot.name.data());
        }
        slot.name[length] = '\0';
    }
}

void require_space(const std::filesystem::path& target, std::uint64_t bytes,
                   const std::string& advice) {
    std::error_code error;
    const auto space = std::filesystem::space(folder_of(target), error);
    std::uint64_t room = error ? std::numeric_limits<std::uint64_t>::max() : space.available;
    if (rlimit limit{}; ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        room = std::min(room, std::uint64_t{limit.rlim_cur});
    }
    if (room < bytes) {
        constexpr std::uint64_t kMegabyte = 1000000;
        fail({.where = "require_space",
              .expected = std::to_string(bytes / kMegabyte + 1) + " MB of room for '" +
                          target.string() + "'",
              .came = std::to_string(room / kMegabyte) + " MB",
              .advice = advice});
    }
}

}  // namespace otherwise
