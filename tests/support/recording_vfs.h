// SQLite's own file system with a log of what is done to the files of one folder, as the default of
// all connections that are opened while it lives. What is done past SQLite (AtomicFile's renaming
// and syncs) the test tells.
//
// The index of a WAL (-shm) is no part of it: what a disk has of that nobody reads. One at a time,
// from one thread.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "tests/support/power_cut.h"

namespace otherwise::test {

inline Disk read_disk(const std::filesystem::path& folder) {
    Disk disk;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ifstream file(entry.path(), std::ios::binary);
        disk[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return disk;
}

inline void write_disk(const Disk& disk, const std::filesystem::path& folder) {
    for (const auto& [name, bytes] : disk) {
        std::ofstream(folder / name, std::ios::binary) << bytes;
    }
}

/// As long as it lives no sync of this process waits for the disk, in programs that ask it.
class SkippedSyncs {
public:
    SkippedSyncs() { lives = true; }
    ~SkippedSyncs() { lives = false; }
    SkippedSyncs(const SkippedSyncs&) = delete;
    SkippedSyncs& operator=(const SkippedSyncs&) = delete;

    // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
    static inline bool lives = false;
};

class RecordingVfs {
public:
    explicit RecordingVfs(const std::filesystem::path& folder)
        : folder_(std::filesystem::canonical(folder)),
          log_(read_disk(folder)),
          real_(sqlite3_vfs_find(nullptr)),
          vfs_(*real_) {
        vfs_.zName = "otherwise-recording";
        vfs_.pNext = nullptr;
        vfs_.pAppData = this;
        vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
        vfs_.xOpen = open;
        vfs_.xDelete = remove;
        sqlite3_vfs_register(&vfs_, 1);
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(on_connection));
        active = this;
    }
    ~RecordingVfs() {
        active = nullptr;
        sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(on_connection));
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    RecordingVfs(const RecordingVfs&) = delete;
    RecordingVfs& operator=(const RecordingVfs&) = delete;

    /// The one that lives; the calls that SQLite and AtomicFile make know no other way to it.
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
    static inline RecordingVfs* active = nullptr;

    [[nodiscard]] DiskLog& log() { return log_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    /// The connection that was opened last, and may be closed since.
    [[nodiscard]] sqlite3* latest() const { return latest_; }
    /// From here on syncs do nothing, as on a disk that lies.
    void forget_syncs() { forgets_ = true; }
    [[nodiscard]] bool forgets() const { return forgets_; }

private:
    struct File {
        sqlite3_file base;
        int number;  ///< in the log; −1 where there is none
    };

    static sqlite3_file* real(sqlite3_file* file) {
        return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
    }
    static int number(sqlite3_file* file) { return reinterpret_cast<File*>(file)->number; }

    static int on_connection(sqlite3* connection, char** /*error*/, const void* /*routines*/) {
        active->latest_ = connection;
        return SQLITE_OK;
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
        auto& own = *static_cast<RecordingVfs*>(vfs->pAppData);
        const int code = own.real_->xOpen(own.real_, name, real(file), flags, out);
        file->pMethods = real(file)->pMethods == nullptr ? nullptr : &methods();
        const std::filesystem::path path(name == nullptr ? "" : name);
        const bool ours = code == SQLITE_OK && path.parent_path() == own.folder_;
        reinterpret_cast<File*>(file)->number = ours ? own.log_.open(path.filename()) : -1;
        return code;
    }

    static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
        auto& own = *static_cast<RecordingVfs*>(vfs->pAppData);
        const int code = own.real_->xDelete(own.real_, name, sync_folder);
        const std::filesystem::path path(name);
        if (code == SQLITE_OK && path.parent_path() == own.folder_) {
            own.log_.remove(path.filename());
            if (sync_folder != 0 && !own.forgets_) {
                own.log_.sync_folder();
            }
        }
        return code;
    }

    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
        const int code = real(file)->pMethods->xWrite(real(file), bytes, size, at);
        if (code == SQLITE_OK && number(file) >= 0) {
            active->log_.write(number(file), static_cast<std::size_t>(at),
                               {static_cast<const char*>(bytes), static_cast<std::size_t>(size)});
        }
        return code;
    }

    static int truncate(sqlite3_file* file, sqlite3_int64 size) {
        const int code = real(file)->pMethods->xTruncate(real(file), size);
        if (code == SQLITE_OK && number(file) >= 0) {
            active->log_.truncate(number(file), static_cast<std::size_t>(size));
        }
        return code;
    }

    static int sync(sqlite3_file* file, int flags) {
        const int code = real(file)->pMethods->xSync(real(file), flags);
        if (code == SQLITE_OK && number(file) >= 0 && !active->forgets_) {
            active->log_.sync(number(file));
        }
        return code;
    }

    /// All others go on to SQLite's own.
    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods kMethods{
            .iVersion = 2,
            .xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
            .xRead = [](sqlite3_file* f, void* to, int n,
                        sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), to, n, at); },
            .xWrite = write,
            .xTruncate = truncate,
            .xSync = sync,
            .xFileSize = [](sqlite3_file* f,
                            sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); },
            .xLock = [](sqlite3_file* f, int as) { return real(f)->pMethods->xLock(real(f), as); },
            .xUnlock = [](sqlite3_file* f,
                          int as) { return real(f)->pMethods->xUnlock(real(f), as); },
            .xCheckReservedLock =
                [](sqlite3_file* f, int* is) {
                    return real(f)->pMethods->xCheckReservedLock(real(f), is);
                },
            .xFileControl =
                [](sqlite3_file* f, int what, void* of) {
                    return real(f)->pMethods->xFileControl(real(f), what, of);
                },
            .xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
            .xDeviceCharacteristics =
                [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
            .xShmMap =
                [](sqlite3_file* f, int page, int size, int extend, void volatile** at) {
                    return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
                },
            .xShmLock = [](sqlite3_file* f, int from, int n,
                           int as) { return real(f)->pMethods->xShmLock(real(f), from, n, as); },
            .xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); },
            .xShmUnmap = [](sqlite3_file* f,
                            int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); },
            .xFetch = nullptr,
            .xUnfetch = nullptr,
        };
        return kMethods;
    }

    std::filesystem::path folder_;
    DiskLog log_;
    sqlite3_vfs* real_;
    sqlite3_vfs vfs_;
    sqlite3* latest_ = nullptr;
    bool forgets_ = false;
};

}  // namespace otherwise::test
