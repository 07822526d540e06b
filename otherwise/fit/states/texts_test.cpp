#include "otherwise/fit/states/texts.h"

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
        return read_texts(path, {.limit = limit});
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

TEST_F(TextsOfAFile, CanBeAnArrayOrATable) {
    const std::vector<std::string> texts{"one", "two"};
    EXPECT_EQ(read(R"(["one", "two"])").texts, texts);
    EXPECT_EQ(read(R"([{"text": "one"}, {"instruction": "two"}])").texts, texts);
    EXPECT_EQ(read("text,label\none,1\ntwo,0\n").texts, texts);
    EXPECT_EQ(read("label;text\n1;one\n0;two\n").texts, texts);
}

TEST_F(TextsOfAFile, MayStandBesideAChat) {
    EXPECT_EQ(read(R"({"text": "one", "messages": [{"role": "user", "content": "u"}]})").texts,
              std::vector<std::string>{"one"});
    EXPECT_ERROR(read(R"({"messages": [{"role": "user", "content": "u"}]})"), "got chats");
}

TEST_F(TextsOfAFile, CanBeAtAField) {
    const auto at = [&](const std::string& content, const std::string& field) {
        std::ofstream(folder_ / "texts.txt", std::ios::binary) << content;
        return read_texts(folder_ / "texts.txt", {.field = field}).texts;
    };
    EXPECT_EQ(at(R"({"messages": [{"content": "a"}]})", "messages.0.content"),
              std::vector<std::string>{"a"});
    EXPECT_EQ(at("one,two\na,b\n", "two"), std::vector<std::string>{"b"});
    EXPECT_ERROR(at("one,two\na,\n", "two"), "the field \"two\"");
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
