#include "otherwise/model/atomic_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <string>

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

TEST(AtomicFile, RequireSpaceRefusesMoreThanThereIs) {
    const test::TemporaryFolder folder;
    EXPECT_NO_THROW(require_space(folder / "a", 1));
    EXPECT_ERROR(require_space(folder / "a", std::numeric_limits<std::int64_t>::max()), "MB");
}

}  // namespace
}  // namespace otherwise
