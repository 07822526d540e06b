// needs: llama
#include "otherwise/api/quantize.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

const Work kOneThread{.threads = 1};

class QuantizeFiles : public testing::Test {
protected:
    test::TinyFiles files;
};

TEST_F(QuantizeFiles, QuantizesLikeTheCommand) {
    const auto file = quantize(files.path("a.gguf"), files.path("api.gguf"), "Q8_0", kOneThread);
    EXPECT_LT(file.bytes, file.from_bytes);
    EXPECT_EQ(Json::parse(to_json(file))["bytes"], std::filesystem::file_size(file.path));
    EXPECT_EQ(files.command({"quantize", files.path("a.gguf"), files.path("cli.gguf"), "Q8_0"}),
              files.path("cli.gguf") + " (Q8_0)\n");
    EXPECT_EQ(files.read("api.gguf"), files.read("cli.gguf"));
}

TEST_F(QuantizeFiles, AModelInPartsIsAllOfThem) {
    const test::TinyFiles parts("tiny.write_parts('.', 2)");
    const auto first = parts.path("m-00001-of-00002.gguf");
    const auto file = quantize(first, parts.path("q.gguf"), "Q8_0", kOneThread);
    EXPECT_EQ(file.from_bytes, std::filesystem::file_size(first) +
                                   std::filesystem::file_size(parts.path("m-00002-of-00002.gguf")));
}

}  // namespace
}  // namespace otherwise
