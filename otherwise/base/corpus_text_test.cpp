#include "otherwise/base/corpus_text.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

CorpusText read(const std::string& file, std::size_t most = 1000) {
    std::istringstream in(file);
    return read_corpus_text(in, "in", most);
}

TEST(CorpusText, IsATextFileAsItIs) {
    const auto corpus = read("\xEF\xBB\xBF\n  one\r\n\r\ntwo\n");
    EXPECT_EQ(corpus.text, "\n  one\r\n\r\ntwo\n");
    EXPECT_TRUE(corpus.is_whole);
    EXPECT_EQ(read("").text, "");
}

TEST(CorpusText, StopsBetweenWords) {
    EXPECT_EQ(read("one two three", 9).text, "one two");
    EXPECT_FALSE(read("one two three", 9).is_whole);
    EXPECT_EQ(read("caf\xC3\xA9s", 4).text, "caf");  // within a character
    std::string large(1000000, 'a');
    EXPECT_EQ(read(large, 2000000).text, large);
}

TEST(CorpusText, OfRecordsIsTheirTexts) {
    EXPECT_EQ(read("[\"a\", {\"text\": \"b\"}, {\"prompt\": \"c\"}]").text, "a\n\nb\n\nc");
    EXPECT_EQ(read("id,text\n1,\"a\nb\"\n2,c\n").text, "a\nb\n\nc");
    const auto start = read("[\"aaaa\", \"bbbb\", 7]", 5);
    EXPECT_EQ(start.text, "aaaa\n\nbbbb");  // what is not read cannot be wrong
    EXPECT_FALSE(start.is_whole);
    EXPECT_ERROR(read("{\"texts\": 1}"), "\"text\" (or \"prompt\") in in, line 1");
}

TEST(CorpusText, MayStartAsRecordsDo) {
    for (const std::string text :
         {"{\\bf Bold} words\nare here\n", "{ a brace\nand more", "{curly} {\"a\": 1}\n",
          "[\"Hi,\" he said]\nb", "[{{wiki}} marks]\nb", "{\"a\": 1} is an object\nb\n",
          "a,b\nc,d\n", "question,answer\nWho?,Ann\n", "input, output\nor, text\n",
          "text, they say, is old\nSongs are\n"}) {
        EXPECT_EQ(read(text).text, text);
    }
    EXPECT_EQ(read("{\n\"text\": \"a\"}\n{\"text\": \"b\"}").text, "a\n\nb");
    EXPECT_EQ(read("[\n\"a\", \"b\"]").text, "a\n\nb");
}

TEST(CorpusText, BadBytesAreToldWithTheirLine) {
    EXPECT_ERROR(read("a\nb \xFF c\n"), "UTF-8 in in, line 2, got the byte 0xFF at byte 3");
}

}  // namespace
}  // namespace otherwise
