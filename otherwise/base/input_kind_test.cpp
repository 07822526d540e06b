#include "otherwise/base/input_kind.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace otherwise {
namespace {

std::string text_entry(const std::string& key, const std::string& text) {
    const auto number = [](std::size_t value, int bytes) {
        std::string all;
        for (int i = 0; i < bytes; ++i) {
            all.push_back(static_cast<char>(value >> (8U * static_cast<unsigned>(i))));
        }
        return all;
    };
    return number(key.size(), 8) + key + number(8, 4) + number(text.size(), 8) + text;
}

std::string gguf(const std::string& entries, const std::string& version = {3, 0, 0, 0}) {
    return "GGUF" + version + std::string(16, '\0') + entries;
}

TEST(ForeignInput, IsKnownByItsFirstBytes) {
    const std::vector<std::pair<std::string, std::string>> files{
        {std::string("SQLite format 3\0", 16), "a SQLite file"},
        {std::string("PK\x03\x04"), "a zip archive"},
        {"PAR1\x15", "a Parquet file"},
        {std::string("ARROW1\0\0", 8), "an Arrow file"},
        {"\x28\xB5\x2F\xFD", "a zstd file"},
        {std::string("\xFD"
                     "7zXZ\0",
                     6),
         "an xz file"},
        {"BZh91AY&SY", "a bzip2 file"},
        {"%PDF-", "a PDF"},
        {"\x89HDF", "an HDF5 file"},
        {"\x80\x04\x95", "a Python pickle"},
        {"\x7F"
         "ELF",
         "a program"},
        {"\xFF\xFE", "UTF-16"},
        {"\xFE\xFF", "UTF-16"}};
    for (const auto& [bytes, kind] : files) {
        EXPECT_TRUE(foreign_input(bytes).kind.starts_with(kind)) << kind;
        EXPECT_TRUE(foreign_input(bytes + "more").kind.starts_with(kind)) << kind;
        EXPECT_EQ(foreign_input(bytes.substr(0, bytes.size() - 1)).kind, "") << kind << ", cut";
    }
}

TEST(ForeignInput, AGgufFileIsKnownByWhatItHolds) {
    EXPECT_EQ(foreign_input(gguf("")).kind, "a GGUF file");
    EXPECT_EQ(foreign_input(gguf(text_entry("general.architecture", "llama"))).kind, "a GGUF file");
    EXPECT_EQ(foreign_input(gguf(text_entry("general.architecture", "controlvector"))).kind,
              "a control vector (GGUF)");
    EXPECT_EQ(foreign_input(gguf(text_entry("general.architecture", "otherwise.affine"))).kind,
              "a fitted intervention (GGUF)");
    EXPECT_EQ(foreign_input(gguf(text_entry("general.architecture", "llama") +
                                 text_entry("general.type", "adapter")))
                  .kind,
              "a LoRA adapter (GGUF)");
    EXPECT_EQ(foreign_input(gguf("", {0, 0, 0, 3})).kind, "a GGUF file");  // the other byte order
    const auto whole = gguf(text_entry("general.architecture", "controlvector"));
    for (std::size_t size = 0; size < whole.size(); ++size) {  // cut anywhere, it reads no further
        EXPECT_EQ(foreign_input(std::string_view(whole).substr(0, size)).kind.empty(), size < 8);
    }
}

TEST(ForeignInput, TextIsNone) {
    for (const std::string text :
         {"", "a", "GGUF files", "GGUF", "PK is a name", "BZh is not", "{\"a\": 1}", "[\"a\"]",
          "\xEF\xBB\xBFtext", "SQLite format 3", "%PDF", "\x1F\x8B"}) {
        EXPECT_EQ(foreign_input(text).kind, "") << text;
    }
}

}  // namespace
}  // namespace otherwise
