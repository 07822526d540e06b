// What was done to a run file, its commits on the way, and what a power cut can leave of it: is
// that sound, does it hold what was promised, does it go on?
//
// $OTHERWISE_POWER_CUTS: how many disks cut_power looks at [400]; 0 means each moment in all ways.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/base/hash.h"
#include "otherwise/study/database.h"
#include "otherwise/study/sound_rows.h"
#include "tests/support/power_cut.h"
#include "tests/support/recording_vfs.h"
#include "tests/support/study_scene.h"

namespace otherwise::test {

/// Everything in a run file that counts, once it has been found sound.
inline std::string results_of(const std::filesystem::path& path) {
    std::string text;
    {
        const RunReader run(path);
        require_sound_results(run);
        for (const auto& string : run.head().strings) {
            text += std::to_string(static_cast<int>(string.state)) + " ";
        }
        for (const auto& [string, sample] : run.draws_without_law()) {
            text += std::to_string(string) + "/" + std::to_string(sample) + " ";
        }
        text += run.head().settings;
    }
    for (const auto& line : contents(path)) {
        text += line + "\n";
    }
    const Database database(path, OpenMode::read);
    auto check = database.prepare("PRAGMA integrity_check");
    if (!check.step() || check.text(0) != "ok") {
        throw std::runtime_error("integrity_check says " + std::string(check.text(0)));
    }
    return sha256_text(text);
}

struct Commit {
    std::size_t written;  ///< events until its last frame in the WAL
    std::size_t done;     ///< until its call returned
    bool settled;         ///< on the disk by then
    std::string results;
};

/// What was done to the run file `name` of a folder, and its commits.
class Recording {
public:
    explicit Recording(std::string name) : name_(std::move(name)) {}

    void begin() { vfs_.emplace((folder_ / "x").parent_path()); }
    void end() {
        log_ = vfs_->log();
        vfs_.reset();
        wal_syncs_ = of_wal(*log_, DiskEvent::Kind::sync);
    }
    void commit(bool settled) {
        const std::size_t now = vfs_->log().events().size();
        const auto frames = of_wal(vfs_->log(), DiskEvent::Kind::write);
        commits_.push_back({.written = frames.empty() ? now : frames.back() + 1,
                            .done = now,
                            .settled = settled,
                            .results = results_of(path())});
    }

    [[nodiscard]] std::filesystem::path path() const { return folder_ / name_; }
    [[nodiscard]] const Folder& folder() const { return folder_; }
    [[nodiscard]] RecordingVfs& vfs() { return *vfs_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const DiskLog& log() const { return *log_; }
    [[nodiscard]] const std::vector<Commit>& commits() const { return commits_; }

    /// The last commit that is promised after so many events; −1 without any.
    [[nodiscard]] int promised(std::size_t end) const {
        int last = -1;
        for (std::size_t j = 0; j < commits_.size(); ++j) {
            const Commit& commit = commits_[j];
            const bool synced = std::ranges::any_of(
                wal_syncs_, [&](std::size_t at) { return at >= commit.written && at < end; });
            if ((commit.settled && commit.done <= end) || synced) {
                last = static_cast<int>(j);
            }
        }
        return last;
    }
    /// The last one that can be there.
    [[nodiscard]] int possible(std::size_t end) const {
        int last = 0;
        while (last + 1 < std::ssize(commits_) &&
               commits_[static_cast<std::size_t>(last)].written <= end) {
            ++last;
        }
        return last;
    }

private:
    /// Indices of events of one kind of the WAL, which has been made anew now and then.
    [[nodiscard]] std::vector<std::size_t> of_wal(const DiskLog& log, DiskEvent::Kind kind) const {
        std::set<int> files;
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < log.events().size(); ++i) {
            const DiskEvent& event = log.events()[i];
            if (event.kind == DiskEvent::Kind::create && event.name == name_ + "-wal") {
                files.insert(event.file);
            }
            if (event.kind == kind && files.contains(event.file)) {
                found.push_back(i);
            }
        }
        return found;
    }

    std::string name_;
    Folder folder_;
    std::optional<RecordingVfs> vfs_;
    std::optional<DiskLog> log_;
    std::vector<Commit> commits_;
    std::vector<std::size_t> wal_syncs_;
};

/// What is wrong with the disk after a cut; "" nothing.
inline std::string fault(const Recording& recording, std::size_t end,
                         const std::filesystem::path& run) {
    const int least = recording.promised(end);
    if (!std::filesystem::exists(run)) {
        return least < 0 ? "" : "no file";
    }
    try {
        const auto results = results_of(run);
        const auto most = static_cast<std::size_t>(recording.possible(end));
        for (auto j = static_cast<std::size_t>(std::max(least, 0)); j <= most; ++j) {
            if (recording.commits()[j].results == results) {
                return "";
            }
        }
        return "the results are those of no commit from " + std::to_string(least) + " to " +
               std::to_string(most);
    } catch (const std::exception& error) {
        return error.what();
    }
}

/// Goes on in a folder as it was found, to the whole.
using Resume = std::function<std::string(const std::filesystem::path& run)>;

struct Faults {
    int disks = 0;
    int absent = 0;  ///< disks without the file
    int resumed = 0;
    std::vector<std::string> found{};
};

inline int wanted_disks() {
    const char* given = std::getenv("OTHERWISE_POWER_CUTS");  // NOLINT(concurrency-mt-unsafe)
    return given == nullptr ? 400 : std::atoi(given);         // NOLINT(cert-err34-c)
}

/// One disk: is it sound, and does the run go on?
inline void look(const Recording& recording, std::size_t end, Fate fate, std::mt19937_64& chance,
                 const Resume& resume, Faults& faults) {
    constexpr int kResumes = 10;  // each so many disks
    const Folder folder;
    const auto run = folder / recording.name();
    write_disk(PowerCut(recording.log(), end, fate, chance).disk(), run.parent_path());
    if (chance() % 4 == 0) {  // whatever was mapped there
        write_disk({{recording.name() + "-shm", std::string(1U << 15U, 'x')}}, run.parent_path());
    }
    std::string wrong = fault(recording, end, run);
    faults.absent += std::filesystem::exists(run) ? 0 : 1;
    if (wrong.empty() && resume && faults.disks % kResumes == 0) {
        try {
            wrong = resume(run);
        } catch (const std::exception& error) {
            wrong = std::string("it does not go on: ") + error.what();
        }
        ++faults.resumed;
    }
    ++faults.disks;
    if (!wrong.empty()) {
        faults.found.push_back("after " + std::to_string(end) + " of " +
                               std::to_string(recording.log().events().size()) + " events, fate " +
                               std::to_string(static_cast<int>(fate)) + ": " + wrong);
    }
}

/// Cuts the power at moments of a recording, evenly over it.
inline Faults cut_power(const Recording& recording, const Resume& resume = {}) {
    const SkippedSyncs fast;
    std::mt19937_64 chance(5);  // NOLINT(cert-msc51-cpp): the same disks each time
    Faults faults;
    const std::size_t events = recording.log().events().size();
    const std::size_t all = (events + 1) * kFates.size();
    const auto wanted = static_cast<std::size_t>(wanted_disks());
    const std::size_t disks = wanted == 0 ? all : std::min(all, wanted);
    for (std::size_t i = 0; i < disks; ++i) {
        const std::size_t nth = i * all / disks;
        look(recording, nth / kFates.size(),
             kFates[wanted == 0 ? nth % kFates.size() : i % kFates.size()], chance, resume, faults);
    }
    return faults;
}

inline void expect_none(const Faults& faults) {
    EXPECT_TRUE(faults.found.empty())
        << faults.found.size() << " of " << faults.disks << " disks, the first " << faults.found[0];
    ::testing::Test::RecordProperty("disks", faults.disks);
    ::testing::Test::RecordProperty("absent", faults.absent);
    ::testing::Test::RecordProperty("resumed", faults.resumed);
}

}  // namespace otherwise::test
