#include "otherwise/base/processors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

/// A file system with the files of control groups.
class ProcessorQuota : public testing::Test {
protected:
    ProcessorQuota()
        : root_(fs::temp_directory_path() /
                ("otherwise-processors-" + std::to_string(::getpid()) + "-" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
        fs::create_directories(root_);
    }
    ~ProcessorQuota() override { fs::remove_all(root_); }
    ProcessorQuota(const ProcessorQuota&) = delete;
    ProcessorQuota& operator=(const ProcessorQuota&) = delete;
    ProcessorQuota(ProcessorQuota&&) = delete;
    ProcessorQuota& operator=(ProcessorQuota&&) = delete;

    void write(const std::string& path, const std::string& text) const {
        fs::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }
    [[nodiscard]] std::optional<double> quota() const { return processor_quota(root_); }

private:
    fs::path root_;
};

TEST_F(ProcessorQuota, NoneWithoutFiles) { EXPECT_EQ(quota(), std::nullopt); }

TEST_F(ProcessorQuota, Version2) {
    write("proc/self/cgroup", "0::/\n");
    EXPECT_EQ(quota(), std::nullopt);
    write("sys/fs/cgroup/cpu.max", "max 100000\n");
    EXPECT_EQ(quota(), std::nullopt);
    write("sys/fs/cgroup/cpu.max", "150000 100000\n");
    EXPECT_EQ(quota(), 1.5);
}

TEST_F(ProcessorQuota, TheLeastOfTheGroupAndThoseAboveIt) {
    write("proc/self/cgroup", "0::/user.slice/job.scope\n");
    write("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
    write("sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000\n");
    write("sys/fs/cgroup/other.slice/cpu.max", "100000 100000\n");  // not ours
    EXPECT_EQ(quota(), 4.0);
    write("sys/fs/cgroup/user.slice/job.scope/cpu.max", "50000 25000\n");
    EXPECT_EQ(quota(), 2.0);
}

TEST_F(ProcessorQuota, Version1) {
    write("proc/self/cgroup", "5:devices:/x\n4:cpu,cpuacct:/docker/abc\n3:cpuset:/\n0::/\n");
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(quota(), std::nullopt);
    // In a container the host's path is not there, but the mount is the group.
    write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
    EXPECT_EQ(quota(), 2.0);
    write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "50000\n");
    write("sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "100000\n");
    EXPECT_EQ(quota(), 0.5);
}

TEST_F(ProcessorQuota, NoneFromFilesThatSayNothing) {
    write("proc/self/cgroup", "nonsense\n0::/\n");
    for (const auto* text : {"", "100000", "-5 100000", "100000 0", "a b"}) {
        write("sys/fs/cgroup/cpu.max", text);
        EXPECT_EQ(quota(), std::nullopt) << text;
    }
}

TEST(Processors, OneAtLeast) {
    EXPECT_GE(processors(), 1);
    EXPECT_EQ(thread_count(0), processors());
    EXPECT_EQ(thread_count(-1), processors());
    EXPECT_EQ(thread_count(3), 3);
}

}  // namespace
}  // namespace otherwise
