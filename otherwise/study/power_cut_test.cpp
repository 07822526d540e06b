// A run file after a power cut, at any moment of making it, writing it, merging and migrating: it
// opens, is sound, holds what was promised, and goes on to the whole run.
//
// What is promised: a file has its name when its head is whole and on the disk. A commit is on the
// disk when its WAL is synced next (at checkpoints, `synchronous` being NORMAL), and whole or
// absent before. A finished run and a merge are on the disk when they are said to be done.
//
// Covers also: new_database.cpp, database.cpp, schema.cpp, merge.cpp, run_writer.cpp.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/study/merge.h"
#include "tests/support/aged_run.h"
#include "tests/support/recorded_run.h"
#include "tests/support/recording_vfs.h"
#include "tests/support/study_scene.h"

namespace {

using otherwise::test::RecordingVfs;
using otherwise::test::SkippedSyncs;

std::filesystem::path path_of(int fd) {
    std::error_code none;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none);
}

}  // namespace

// In place of the C library's, for what AtomicFile does past SQLite.
extern "C" int fsync(int fd) {
    auto* recording = RecordingVfs::active;
    if (SkippedSyncs::lives || (recording != nullptr && recording->forgets())) {
        return 0;
    }
    const auto path = recording == nullptr ? "" : path_of(fd);
    const auto code = static_cast<int>(::syscall(SYS_fsync, fd));
    if (code == 0 && recording != nullptr && path == recording->folder()) {
        recording->log().sync_folder();
    } else if (code == 0 && recording != nullptr && path.parent_path() == recording->folder()) {
        recording->log().sync(path.filename());
    }
    return code;
}

// SQLite's, which the recording knows already.
extern "C" int fdatasync(int fd) {
    return SkippedSyncs::lives ? 0 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                         unsigned flags) noexcept {
    const auto code =
        static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
    auto* recording = RecordingVfs::active;
    const std::filesystem::path name(to);
    if (code == 0 && recording != nullptr && name.parent_path() == recording->folder()) {
        recording->log().rename(std::filesystem::path(from).filename(), name.filename());
    }
    return code;
}

namespace otherwise {
namespace {

using test::Bench;
using test::contents;
using test::cut_power;
using test::expect_none;
using test::Faults;
using test::Folder;
using test::Recording;
using test::results_of;
using test::Resume;
using test::study_scene;

/// Conducts the rest of a scene; so many pairs a call, all at once where 0.
bool conduct_rest(const test::Scene& scene, const std::filesystem::path& path, RunWriter& writer,
                  long pairs = 0, const std::function<void()>& on_laws = {}) {
    Bench bench(scene, {.parallel = 2});
    long written = 0;
    return !conduct(bench.scene(), path, writer,
                    {.on_pair = [&](const Pair&) { ++written; },
                     .cancelled = [&] { return pairs > 0 && written >= pairs; },
                     .on_law_progress =
                         [&](long, long) {
                             if (on_laws) {
                                 on_laws();
                             }
                         }})
                .cancelled;
}

class PowerCut : public testing::Test {
protected:
    PowerCut() {
        test::write_run(scene_, folder_ / "whole.db", test::head_of(scene_));
        whole_ = contents(folder_ / "whole.db");
    }

    /// Goes on, from the start where there is no file.
    [[nodiscard]] Resume resume() const {
        return [this](const std::filesystem::path& run) -> std::string {
            {
                const auto writer =
                    std::filesystem::exists(run)
                        ? std::make_unique<RunWriter>(run, test::stub_piece)
                        : std::make_unique<RunWriter>(run, test::head_of(scene_), test::stub_piece);
                conduct_rest(scene_, run, *writer);
            }
            return contents(run) == whole_ ? "" : "resumed, it is another run";
        };
    }

    /// A run from its making to its end, with small commits and a checkpoint every few.
    void record(Recording& recording, const std::string& pragma = "") const {
        recording.begin();
        {
            RunWriter writer(recording.path(), test::head_of(scene_), test::stub_piece);
            sqlite3* connection = recording.vfs().latest();
            sqlite3_wal_autocheckpoint(connection, 12);
            ASSERT_EQ(sqlite3_exec(connection, pragma.c_str(), nullptr, nullptr, nullptr), 0);
            recording.commit(true);
            writer.begin({.version = "1", .llama = "stub"});
            bool done = false;
            while (!done) {
                done = conduct_rest(scene_, recording.path(), writer, 9,
                                    [&] { recording.commit(false); });
                recording.commit(done);
            }
        }
        recording.end();
    }

    test::Scene scene_ = study_scene(8);
    Folder folder_;
    std::vector<std::string> whole_;
};

TEST_F(PowerCut, ARunIsSoundAndGoesOn) {
    Recording recording("run.db");
    record(recording);
    ASSERT_EQ(recording.commits().back().results, results_of(recording.path()));
    ASSERT_EQ(contents(recording.path()), whole_);
    const auto promised = recording.promised(recording.log().events().size() - 1);
    ASSERT_GE(promised, 8) << "of " << recording.commits().size() << " commits";
    const Faults faults = cut_power(recording, resume());
    expect_none(faults);
    EXPECT_GT(faults.absent, 0);
    EXPECT_LT(faults.absent, faults.disks / 2);
}

TEST_F(PowerCut, WithoutSyncsARunIsTorn) {  // the control
    Recording recording("run.db");
    record(recording, "PRAGMA synchronous = OFF");
    EXPECT_GT(cut_power(recording).found.size(), 10U);
}

TEST_F(PowerCut, WithoutItsSyncAFileHasItsNameBeforeItsBytes) {  // the control
    Recording recording("run.db");
    recording.begin();
    recording.vfs().forget_syncs();
    { const RunWriter writer(recording.path(), test::head_of(scene_), test::stub_piece); }
    recording.commit(true);
    recording.end();
    EXPECT_GT(cut_power(recording).found.size(), 10U);
}

TEST_F(PowerCut, AMergeIsWholeOrAbsent) {
    Recording recording("all.db");
    std::vector<std::string> names;
    for (int i = 1; i <= 2; ++i) {
        auto head = test::head_of(scene_);
        head.shard = {.index = i, .count = 2};
        names.push_back("part" + std::to_string(i) + ".db");
        test::write_run(scene_, recording.folder() / names.back(), head);
    }
    const auto merge = [&](const std::filesystem::path& to) {
        const auto from = to.parent_path();
        return merge_runs({from / names[0], from / names[1]}, to, false);
    };
    recording.begin();
    EXPECT_GT(merge(recording.path()).done, 0);
    recording.commit(true);
    recording.end();
    const Faults faults = cut_power(recording, [&](const std::filesystem::path& run) {
        if (!std::filesystem::exists(run)) {
            (void)merge(run);
        }
        return contents(run) == whole_ ? "" : "another run";
    });
    expect_none(faults);
    EXPECT_GT(faults.absent, faults.disks / 2);
}

TEST_F(PowerCut, AMigrationIsWholeOrAbsent) {
    Recording recording("run.db");
    {
        RunWriter writer(recording.path(), test::head_of(scene_), test::stub_piece);
        writer.begin({.version = "0", .llama = "stub"});
        ASSERT_FALSE(conduct_rest(scene_, recording.path(), writer, 30));
    }
    test::age(recording.path());
    const auto aged = folder_ / "aged.db";
    std::filesystem::copy_file(recording.path(), aged);
    recording.begin();
    {
        const RunWriter writer(recording.path(), test::stub_piece);
        recording.commit(false);
    }
    recording.end();
    const auto go_on = [&](const std::filesystem::path& run) {
        {
            RunWriter writer(run, test::stub_piece);
            conduct_rest(scene_, run, writer);
        }
        return contents(run);
    };
    // The results are those of before, whatever of the tables is new.
    const auto whole = go_on(aged);
    const Faults faults = cut_power(recording, [&](const std::filesystem::path& run) {
        return go_on(run) == whole ? "" : "gone on with, it is another run";
    });
    expect_none(faults);
    EXPECT_EQ(faults.absent, 0);
}

}  // namespace
}  // namespace otherwise
