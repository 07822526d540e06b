#include "otherwise/base/waiting.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

TEST(SecondsWaited, SumsTheThreads) {
    const fs::path tasks =
        fs::temp_directory_path() / ("otherwise-waiting-" + std::to_string(::getpid()));
    const auto write = [&](const std::string& task, const std::string& text) {
        fs::create_directories(tasks / task);
        std::ofstream(tasks / task / "schedstat") << text;
    };
    EXPECT_EQ(seconds_waited(tasks), std::nullopt);
    write("11", "5000000000 250000000 77\n");
    write("12", "1 1000000000 3\n");
    fs::create_directories(tasks / "13");  // ended meanwhile
    EXPECT_EQ(seconds_waited(tasks), 1.25);
    write("11", "");
    write("12", "not counted\n");
    EXPECT_EQ(seconds_waited(tasks), std::nullopt);
    fs::remove_all(tasks);
}

TEST(SecondsWaited, NeverFalls) {
    const auto before = seconds_waited();
    if (!before) {
        GTEST_SKIP() << "this system does not count";
    }
    EXPECT_GE(*before, 0.0);
    EXPECT_GE(seconds_waited().value(), *before);
}

}  // namespace
}  // namespace otherwise
