#include "otherwise/base/file_stamp.h"

#include <gtest/gtest.h>

#include <fstream>

namespace otherwise {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(FileStamp, TellsFilesApartThatHadTheSameName) {
    const fs::path folder = fs::path(testing::TempDir()) / "file_stamp";
    fs::create_directories(folder);
    const fs::path file = folder / "a";
    fs::remove(file);
    EXPECT_EQ(file_stamp(file), file.string()) << "none there";
    write(file, "one");
    const auto first = file_stamp(file);
    EXPECT_EQ(file_stamp(file), first);
    EXPECT_NE(first, file.string());
    write(folder / "b", "one");
    EXPECT_NE(file_stamp(folder / "b"), first);
    const auto time = fs::last_write_time(file);
    write(folder / "b", "two");
    fs::last_write_time(folder / "b", time);
    fs::rename(folder / "b", file);  // as long, and of the same time
    EXPECT_NE(file_stamp(file), first);
    const auto second = file_stamp(file);
    fs::last_write_time(file, time + std::chrono::seconds(1));
    EXPECT_NE(file_stamp(file), second);
    write(file, "longer");
    EXPECT_NE(file_stamp(file), second);
}

}  // namespace
}  // namespace otherwise
