#include "otherwise/model/atomic_file.h"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

void put(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, ReplacesTheTargetOnlyWhenCommitted) {
    const test::TemporaryFolder folder;
    put(folder / "a", "old");
    {
        const AtomicFile file(folder / "a");
        put(file.path(), "half");
    }
    EXPECT_EQ(contents(folder / "a"), "old");
    EXPECT_EQ(files_in(folder.path()), 1U);
    AtomicFile file(folder / "a");
    put(file.path(), "new");
    file.commit();
    EXPECT_EQ(contents(folder / "a"), "new");
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, ANewFileReplacesNothing) {
    const test::TemporaryFolder folder;
    AtomicFile late(folder / "a");
    {
        AtomicFile file(folder / "a");
        put(file.path(), "first");
        file.commit_new();
    }
    EXPECT_ERROR(late.commit_new(), "File exists");
    EXPECT_EQ(contents(folder / "a"), "first");
}

TEST(AtomicFile, RefusesFoldersAndMissingOnes) {
    const test::TemporaryFolder folder;
    EXPECT_ERROR(AtomicFile(folder.path()), "a folder");
    EXPECT_ERROR(AtomicFile(folder / "none" / "a"), "No such file");
}

/// The number of a process that is gone.
int gone() {
    const int child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    return child;
}

TEST(AtomicFile, TakesAwayWhatAKilledProcessLeft) {
    const test::TemporaryFolder folder;
    const std::string pid = std::to_string(gone());
    const std::string own = std::to_string(::getpid());
    const std::vector<std::string> kept = {".b." + pid + ".0.tmp", ".a." + pid + ".x.tmp",
                                           ".a." + pid + ".0.tmp.old", ".a.0.0.tmp"};
    for (const auto& name : kept) {
        put(folder / name, "half");
    }
    // Numbers of processes come again: in containers often the very same.
    for (const auto& name : {".a." + pid + ".0.tmp", ".a." + own + ".4000000000.tmp",
                             ".a." + std::to_string(::getppid()) + ".0.tmp"}) {
        put(folder / name, "half");
        put(folder / (name + "-wal"), "of it");
    }
    { const AtomicFile file(folder / "a"); }
    EXPECT_EQ(files_in(folder.path()), kept.size());
    for (const auto& name : kept) {
        EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
    }
}

/// A process that has an unfinished file of this target, and waits until it is killed.
int at_work(const std::filesystem::path& target) {
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe(ready.data()), 0);
    const int child = ::fork();
    if (child == 0) {
        const AtomicFile file(target);
        (void)!::write(ready[1], "x", 1);
        ::pause();
        ::_exit(0);
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
}

TEST(AtomicFile, LeavesWhatAnotherIsWriting) {
    const test::TemporaryFolder folder;
    const AtomicFile own(folder / "a");
    const int other = at_work(folder / "a");
    { const AtomicFile third(folder / "a"); }
    EXPECT_EQ(files_in(folder.path()), 2U);
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
    EXPECT_EQ(files_in(folder.path()), 2U);
    { const AtomicFile third(folder / "a"); }
    EXPECT_EQ(files_in(folder.path()), 1U);  // our own
}

TEST(AtomicFile, KnowsItsOwn) {
    const test::TemporaryFolder folder;
    EXPECT_FALSE(is_unfinished(folder / "a"));
    AtomicFile file(folder / "a");
    EXPECT_TRUE(is_unfinished(file.path()));
    EXPECT_FALSE(is_unfinished(folder / "a"));
    file.commit();
    EXPECT_FALSE(is_unfinished(file.path()));
}

TEST(AtomicFile, UnfinishedOnesGoWithTheProcess) {
    const test::TemporaryFolder folder;
    const AtomicFile unfinished(folder / "a");
    put(unfinished.path().string() + "-wal", "of it");
    AtomicFile finished(folder / "b");
    finished.commit();
    remove_unfinished_files();
    EXPECT_EQ(files_in(folder.path()), 1U);
    EXPECT_TRUE(std::filesystem::exists(folder / "b"));
    std::vector<std::unique_ptr<AtomicFile>> many;  // more than there are places for
    for (int i = 0; i < 40; ++i) {
        many.push_back(std::make_unique<AtomicFile>(folder / "c"));
    }
    many.clear();
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, RequireSpaceRefusesMoreThanThereIs) {
    const test::TemporaryFolder folder;
    EXPECT_NO_THROW(require_space(folder / "a", 1));
    EXPECT_ERROR(require_space(folder / "a", std::numeric_limits<std::int64_t>::max()), "MB");
}

TEST(AtomicFile, RequireSpaceKnowsHowLongFilesMayBe) {
    const test::TemporaryFolder folder;
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit shorter = before;
    shorter.rlim_cur = 3'000'000;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &shorter), 0);
    EXPECT_NO_THROW(require_space(folder / "a", 3'000'000));
    EXPECT_ERROR(require_space(folder / "a", 4'000'000, "sell it"),
                 "5 MB of room for '" + (folder / "a").string() + "', got 3 MB; sell it");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
}

}  // namespace
}  // namespace otherwise
