#include "otherwise/base/memory_group.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

class MemoryGroup : public testing::Test {
protected:
    MemoryGroup() { fs::create_directories(folder_); }
    ~MemoryGroup() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }
    [[nodiscard]] std::optional<std::size_t> left() const {
        return left_in_group({.own = folder_ / "own", .folder = folder_ / "groups"});
    }

    fs::path folder_ =
        fs::temp_directory_path() / ("memory-group-" + std::to_string(::getpid()) + "-" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(MemoryGroup, NothingIsSaidWithoutALimit) {
    EXPECT_EQ(left(), std::nullopt);
    write("own", "0::/a\n");
    write("groups/a/memory.max", "max\n");
    write("groups/a/memory.current", "5000\n");
    EXPECT_EQ(left(), std::nullopt);
    write("own", "nonsense\n7:cpu\n");
    EXPECT_EQ(left(), std::nullopt);
}

TEST_F(MemoryGroup, TheTightestLimitOnTheWayUpCounts) {
    write("own", "0::/a/b\n");
    write("groups/a/b/memory.max", "9000\n");
    write("groups/a/b/memory.current", "1000\n");
    EXPECT_EQ(left(), 8000U);
    write("groups/a/memory.max", "9000\n");
    write("groups/a/memory.current", "6000\n");
    write("groups/a/memory.stat", "anon 10\ninactive_file 500\nactive_file 7\n");
    EXPECT_EQ(left(), 3500U);
}

TEST_F(MemoryGroup, AContainerSeesItsOwnGroupAsTheRoot) {
    write("own", "0::/docker/0123\n");
    write("groups/memory.max", "4000\n");
    write("groups/memory.current", "4100\n");
    EXPECT_EQ(left(), 0U);
}

TEST_F(MemoryGroup, VersionOneHasOtherNames) {
    write("own", "5:cpu,memory:/a\n4:devices:/a\n0::/\n");
    write("groups/memory/a/memory.limit_in_bytes", "7000\n");
    write("groups/memory/a/memory.usage_in_bytes", "2000\n");
    write("groups/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 300\n");
    EXPECT_EQ(left(), 5300U);
    write("groups/a/memory.limit_in_bytes", "10\n");  // not where it would be
    EXPECT_EQ(left(), 5300U);
}

}  // namespace
}  // namespace otherwise
