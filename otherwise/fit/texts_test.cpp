#include "otherwise/fit/texts.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

class TextsOfAFile : public testing::Test {
protected:
    TextSet read(const std::string& content, int limit = 0) {
        const auto path = folder_ / "texts.txt";
        std::ofstream(path, std::ios::binary) << content;
        return read_texts(path, limit);
    }
    test::TemporaryFolder folder_;
};

TEST_F(TextsOfAFile, AreItsLines) {
    const auto set = read(
        "\xEF\xBB\xBF"
        "one\r\n\n  \ntwo {\n");
    EXPECT_EQ(set.texts, (std::vector<std::string>{"one", "two {"}));
    EXPECT_EQ(set.sha256.size(), 64U);
    EXPECT_EQ(read("a\nb\nc\n", 2).texts.size(), 2U);
}

TEST_F(TextsOfAFile, CanBeJsonLines) {
    const auto set = read("{\"text\": \"one\\ntwo\"}\n{\"prompt\": \"three\", \"id\": 3}\n");
    EXPECT_EQ(set.texts, (std::vector<std::string>{"one\ntwo", "three"}));
}

TEST_F(TextsOfAFile, AreRefusedWithTheirLine) {
    EXPECT_ERROR(read(""), "no text");
    EXPECT_ERROR(read("good\n\xFF\xFE\n"), "line 2");
    EXPECT_ERROR(read("{\"text\": \"one\"}\nplain\n"), "line 2");
    EXPECT_ERROR(read("{\"texts\": \"one\"}\n"), "\"text\"");
    EXPECT_ERROR(read_texts(folder_ / "none.txt"), "none.txt");
}

}  // namespace
}  // namespace otherwise
