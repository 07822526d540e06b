#include "otherwise/base/open_input.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(OpenInput, OpensWhatCanBeRead) {
    std::ifstream file =
        open_input(OTHERWISE_SOURCE_DIR "/otherwise/base/open_input_test.cpp", "a source");
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "#include \"otherwise/base/open_input.h\"");
}

TEST(OpenInput, SaysWhyNot) {
    EXPECT_ERROR(open_input("nowhere.txt", "a file of facts"),
                 "expected a file of facts, got no such file, 'nowhere.txt'");
    EXPECT_ERROR(open_input(std::filesystem::temp_directory_path().string(), "a file of facts"),
                 "expected a file of facts, got a folder, '");
}

}  // namespace
}  // namespace otherwise
