// Covers also: records_form.cpp (what a file of records is).
#include "otherwise/base/records.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/gzip.h"

namespace otherwise {
namespace {

using test::gzip;

/// Each record as its line and its text, or its key "text" (else "prompt").
std::vector<std::string> read(const std::string& file, const std::vector<std::string>& columns = {},
                              InputForm* form = nullptr) {
    std::istringstream in(file);
    Records records(in, "in", {.what = "prompts", .columns = columns});
    if (form != nullptr) {
        *form = records.form();
    }
    std::vector<std::string> all;
    while (records.next()) {
        const auto value = records.value();
        const auto text = value.find("text") ? value.find("text") : value.find("prompt");
        all.push_back(std::to_string(records.place().line) + ":" +
                      std::string(value.is_string() ? value.text() : text.text()));
    }
    return all;
}

InputForm form_of(const std::string& file) {
    InputForm form{};
    (void)read(file, {}, &form);
    return form;
}

using Texts = std::vector<std::string>;

TEST(Records, LinesOfTextAreKeptWhole) {
    EXPECT_EQ(read("\xEF\xBB\xBF  a \r\n\r\n \t\n caf\xC3\xA9 {\nlast"),
              (Texts{"1:  a ", "4: café {", "5:last"}));
    EXPECT_EQ(read(std::string("a\0b\nc", 5)), (Texts{std::string("1:a\0b", 5), "2:c"}));
    EXPECT_EQ(read(""), Texts{});
    EXPECT_EQ(read("\n \r\n"), Texts{});
}

TEST(Records, WhatOnlyLooksLikeAnotherFormIsText) {
    for (const std::string text :
         {"[INST] Hi [/INST]\nb", "[1] see below\nb", "Hello, world\nTwo, too",
          "\"Yes,\" he said\nb", "prompt, text and tokens\nb", "Hello, text\nb, c", "a\tb c!\nd\te",
          "a,b\nonly one"}) {
        EXPECT_EQ(form_of(text), InputForm::text) << text;
    }
}

TEST(Records, JsonLines) {
    EXPECT_EQ(read("\n {\"text\": \"a\\n\\u00e9\"}\r\n\n{\"prompt\":\"b\"}"),
              (Texts{"2:a\né", "4:b"}));
    EXPECT_EQ(form_of("{\"text\":\"a\"}\n"), InputForm::json_lines);
    EXPECT_ERROR(read("{\"text\":\"a\"}\n\nno"),
                 "JSON in in, line 3, got a syntax error at byte 2");
    EXPECT_ERROR(read("{\"text\":\"a\"}\n[1]"),
                 "a JSON object in in, line 2, got JSON of type array");
    EXPECT_ERROR(read("{\"text\":\"a\"} {\"text\":\"b\"}"), "a syntax error at byte 14");
    EXPECT_ERROR(read(std::string("{\"text\":\"a\"}\0{", 14)), "a NUL byte");
}

TEST(Records, JsonOverSeveralLines) {
    const std::string two = "{\n \"text\": \"a\"\n}\n{\n \"text\": \"b}\"}\n";
    EXPECT_EQ(read(two), (Texts{"1:a", "4:b}"}));
    EXPECT_EQ(form_of(two), InputForm::json_values);
    EXPECT_ERROR(read("{\n \"text\": \"a\"\n}\n{\n \"text\": b}"),
                 "JSON in in, line 5, record 2, got a syntax error at byte 10");
    EXPECT_ERROR(read("{\"text\":\n\"a\n\"}"), "in in, line 2, record 1");  // a newline in a string
    EXPECT_ERROR(read("{\n"), "line 2, record 1");
}

TEST(Records, AJsonArray) {
    EXPECT_EQ(read("[\"a\", \"b\"]"), (Texts{"1:a", "1:b"}));
    EXPECT_EQ(read(" [ {\"text\": \"a]\"} ,\n{\n\"text\": \"b\\\"\"}\n]\n"),
              (Texts{"1:a]", "2:b\""}));
    EXPECT_EQ(read("[\n]"), Texts{});
    EXPECT_EQ(form_of("[\n\"a\"]"), InputForm::json_array);
    EXPECT_ERROR(read("[1, 2]"),
                 "strings or objects in the JSON array in in, line 1, record 1, got 1");
    EXPECT_ERROR(read("[[\"a\"]]"), "got JSON of type array");
    EXPECT_ERROR(read("[\"a\",\n null]"), "line 2, record 2, got null");
    EXPECT_ERROR(read("[\"a\"\n \"b\"]"), "a comma or ] of the JSON array in in, line 2");
    EXPECT_ERROR(read("[\"a\",]"), "a syntax error");
    EXPECT_ERROR(read("[\"a\""), "got the end of the file");
    EXPECT_ERROR(read("[\"a\"]\n{}"), "nothing after the JSON array in in, line 2");
    EXPECT_ERROR(read("[\"a\", \"b"), "record 2, got a syntax error");
}

TEST(Records, Tables) {
    EXPECT_EQ(read("id,text\n1,a\n2,\"b, \"\"c\"\"\nd\"\r\n\n3,e\n"),
              (Texts{"2:a", "3:b, \"c\"\nd", "6:e"}));
    EXPECT_EQ(read("\xEF\xBB\xBFid\tprompt\r\n1\t5\" pipe, wide\r\n"), Texts{"2:5\" pipe, wide"});
    EXPECT_EQ(read("id;text\n1;a\n"), Texts{"2:a"});
    EXPECT_EQ(read("text\na\n\"b, c\"\n"), (Texts{"2:a", "3:b, c"}));
    EXPECT_EQ(form_of("id,prompt\n"), InputForm::table);
    EXPECT_ERROR(read("id,text\n1,a\n2\n"),
                 "as many fields as the header has, 2 in in, line 3, got 1");
    EXPECT_ERROR(read("id,text\n1,a\n2,\"b\n"), "line 3, got a quote without its end");
    EXPECT_ERROR(read("id,text\n1\n"), "2 in in, line 2, got 1");
    EXPECT_ERROR(read("id,text\n1,\"a\"b\n"), "line 2, got text after a quote's end");
    EXPECT_ERROR(read("text,text\n1,a\n"),
                 "a name of its own for each column in in, got 'text' twice");
}

/// What pandas and people write beside the known names.
TEST(Records, HeadersWithUnusualCells) {
    for (const std::string header :
         {",prompt,text", "Unnamed: 0,prompt,text", "id,prompt,score (1-5)", "id, prompt, text",
          "prompt,text,", ",,prompt", "id,prompt,#1"}) {
        InputForm form{};
        (void)read(header + "\n1,a,b\n", {}, &form);
        EXPECT_EQ(form, InputForm::table) << header;
    }
    EXPECT_EQ(read("id, prompt, note\n1,a,b\n"), Texts{"2:a"});
    EXPECT_EQ(read(",prompt,\n1,a,b\n", {"prompt"}), Texts{"2:a"});
    EXPECT_EQ(read("n, a (b)\n1,c\n", {"a (b)"}).size(), 1U);
    EXPECT_EQ(form_of("text, they say, is old\nSongs are\n"), InputForm::text);
}

TEST(Records, EmptyFieldsAreMissing) {
    std::istringstream in("id,text\n,\"\"\n");
    Records records(in, "in", {.what = "prompts", .columns = {}});
    ASSERT_TRUE(records.next());
    EXPECT_FALSE(records.value().find("id"));
    EXPECT_TRUE(records.value().find("text").is_string());
}

TEST(Records, TablesOfWhichNothingIsKnown) {
    const std::string table = "question,answer\nWho?,Ann\n";
    EXPECT_ERROR(read(table),
                 "got a table with the columns question, answer; for example, `column=question`");
    EXPECT_EQ(read(table, {"question"}).size(), 1U);
    EXPECT_ERROR(read("just\nlines\n", {"question"}), "the field question in in");
    EXPECT_ERROR(read("a\tb\n1\t2\n"), "a table with the columns a, b");
}

TEST(Records, GzipOfAnyOfThem) {
    EXPECT_EQ(read(gzip("a\nb\n")), (Texts{"1:a", "2:b"}));
    EXPECT_EQ(read(gzip("[\"a\"]")), Texts{"1:a"});
    EXPECT_EQ(read(gzip("id,text\n1,a\n")), Texts{"2:a"});
    EXPECT_EQ(read(gzip("a\n") + gzip("b\n") + std::string(9, '\0')), (Texts{"1:a", "2:b"}));
    EXPECT_EQ(read("\x1F"), Texts{"1:\x1F"});
    const auto packed = gzip("a\nb\nc\n");
    EXPECT_ERROR(read(packed.substr(0, packed.size() - 9)),
                 "whole gzip in in, got gzip that breaks off");
    EXPECT_ERROR(read(packed + "more"), "damage");
    auto damaged = packed;
    damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
    EXPECT_ERROR(read(damaged), "whole gzip in in");
}

TEST(Records, BadBytesAreToldWithTheirLine) {
    EXPECT_ERROR(read("a\nb\xE9 c\n"),
                 "UTF-8 in in, line 2, got the byte 0xE9 at byte 2 of the line");
    EXPECT_ERROR(read("[\"a\",\n\"b\",\n \"\xFF\"]"), "UTF-8 in in, line 3, record 3");
    EXPECT_ERROR(read("[{\"a\":\n1,\n\"b\":\"\xFF\"}]"),
                 "line 3, record 1, got the byte 0xFF at byte 6");
    EXPECT_ERROR(read("id,text\n1,\"a\n\xC3(\"\n"), "UTF-8 in in, line 3");
    EXPECT_ERROR(read("{\"a\":\"\xED\xA0\x80\"}"), "UTF-8 in in, line 1");  // a surrogate
}

TEST(Records, FilesOfOtherKindsAreNamed) {
    EXPECT_ERROR(read(std::string("SQLite format 3\0more", 20)),
                 "got a SQLite file, as `otherwise run -o` writes them; `otherwise export in`");
    EXPECT_ERROR(read("PK\x03\x04"), "a zip archive (Inspect's .eval");
    EXPECT_ERROR(read("\xFF\xFEh"), "got UTF-16 where UTF-8 is read");
    const auto text = [](const std::string& key, const std::string& value) {
        const std::string length{static_cast<char>(value.size()), 0, 0, 0, 0, 0, 0, 0};
        return key + std::string("\x08\0\0\0", 4) + length + value;
    };
    const std::string head("GGUF\x03\0\0\0\0\0\0\0\0\0\0\0", 16);
    EXPECT_ERROR(
        read(head + text("general.architecture", "controlvector")),
        "prompts in in (text, JSON or CSV), got a control vector (GGUF); `world=NAME=steer:in`");
    EXPECT_ERROR(
        read(head + text("general.architecture", "llama") + text("general.type", "adapter")),
        "got a LoRA adapter (GGUF)");
    EXPECT_ERROR(read(head + text("general.architecture", "otherwise.affine")),
                 "a fitted intervention");
    EXPECT_ERROR(read(head.substr(0, 8)), "got a GGUF file");
    EXPECT_ERROR(read(std::string("GGUF\0\0\0\x03", 8)), "got a GGUF file");  // big-endian
    EXPECT_ERROR(read("PAR1\x15\x04"), "got a Parquet file");
    EXPECT_ERROR(read(std::string("ARROW1\0\0", 8)), "got an Arrow file");
    EXPECT_ERROR(read("BZh91AY&SY"), "got a bzip2 file");
    for (const std::string line : {"PAR1 and", "ARROW1 is", "BZh it is"}) {
        EXPECT_EQ(read(line), Texts{"1:" + line});
    }
    EXPECT_EQ(read("GGUF\n"), Texts{"1:GGUF"});
    EXPECT_EQ(read("GGUF is a format\nb\n"), (Texts{"1:GGUF is a format", "2:b"}));
    EXPECT_ERROR(read(head + "general.architecture\x08"), "got a GGUF file");  // cut off there
}

/// A stream that gives its pieces one at a time, and counts them.
class Pieces : public std::streambuf {
public:
    explicit Pieces(Texts pieces) : pieces_(std::move(pieces)) {}
    [[nodiscard]] std::size_t given() const { return given_; }

protected:
    int_type underflow() override {
        if (given_ == pieces_.size()) {
            return traits_type::eof();
        }
        auto& piece = pieces_[given_++];
        setg(piece.data(), piece.data(), piece.data() + piece.size());
        return traits_type::to_int_type(piece.front());
    }

private:
    Texts pieces_;
    std::size_t given_ = 0;
};

TEST(Records, AreThereBeforeTheRestOfAPipe) {
    const auto waits_for = [](const Texts& pieces) {
        Pieces buffer(pieces);
        std::istream in(&buffer);
        Records records(in, "in", {.what = "prompts", .columns = {}});
        EXPECT_TRUE(records.next());
        return buffer.given();
    };
    EXPECT_EQ(waits_for({"a\n", "b\n", "c\n"}), 1U);
    EXPECT_EQ(waits_for({"a", "b\n", "c\n", "d"}), 2U);
    EXPECT_EQ(waits_for({"{\"text\": ", "\"a\"}\n", "{", "}"}), 2U);
    EXPECT_EQ(waits_for({"id,text\n", "1,a\n", "2", ",b"}), 2U);
    const auto packed = gzip("a\nb\n");
    EXPECT_EQ(waits_for({packed.substr(0, 1), packed.substr(1), packed}), 2U);
}

TEST(Records, NestingIsNoDanger) {
    const std::string deep = std::string(200000, '[') + std::string(200000, ']');
    const std::string objects = [] {
        std::string text;
        for (int i = 0; i < 100000; ++i) {
            text += "{\"a\":";
        }
        return text + "1" + std::string(100000, '}');
    }();
    EXPECT_EQ(read("{\"text\":\"a\",\"x\":" + deep + "}"), Texts{"1:a"});
    EXPECT_EQ(read("[{\"text\":\"a\",\"x\":" + objects + "}]"), Texts{"1:a"});
    EXPECT_ERROR(read(deep), "strings or objects");
    EXPECT_EQ(read(std::string(100000, '[')).size(), 1U);  // a line of brackets
    EXPECT_ERROR(read("{\"x\":" + std::string(100000, '[')), "a syntax error");
}

/// Records longer than any block, and blocks that end anywhere in them.
TEST(Records, LengthsDoNotMatter) {
    for (const std::size_t size :
         {1UL, 65535UL, 65536UL, 262143UL, 262144UL, 262145UL, 3000000UL}) {
        SCOPED_TRACE(size);
        const std::string text(size, 'x');
        EXPECT_EQ(read(text + "\nb\n"), (Texts{"1:" + text, "2:b"}));
        EXPECT_EQ(read("{\"text\":\"" + text + "\"}\n{\"text\":\"b\"}"),
                  (Texts{"1:" + text, "2:b"}));
        EXPECT_EQ(read("[\"" + text + "\",\n\"b\"]"), (Texts{"1:" + text, "2:b"}));
        EXPECT_EQ(read("id,text\n1,\"" + text + "\n\"\"\"\n2,b\n"),
                  (Texts{"2:" + text + "\n\"", "4:b"}));
    }
}

}  // namespace
}  // namespace otherwise
