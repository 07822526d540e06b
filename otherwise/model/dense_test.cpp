// needs: llama
#include "otherwise/model/dense.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "otherwise/base/hash.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/model.h"
#include "otherwise/model/quantize.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

TEST(Dense, TheCopyIsTheFileThatQuantizeWrites) {
    const std::filesystem::path stored = test::derived_model("Q4_0");
    const test::TemporaryFolder folder;
    for (const std::string type : {"f16", "bf16", "f32"}) {
        const DenseCopy copy({stored}, type);
        const auto written = folder / (type + ".gguf");
        quantize_model(stored, written, type, 2);
        EXPECT_EQ(sha256_file(copy.path()), sha256_file(written)) << type;
        EXPECT_TRUE(is_dense({copy.path()}, type));
        EXPECT_FALSE(is_dense({stored}, type));
    }
}

TEST(Dense, KnowsItsTypes) {
    for (const auto& type : dense_types()) {
        EXPECT_NO_THROW(check_dense_type(type));
    }
}

TEST(Dense, SaysItsSize) {
    const std::filesystem::path stored = test::derived_model("Q4_0");
    const DenseCopy copy({stored}, "f16");
    const auto file = static_cast<double>(std::filesystem::file_size(copy.path()));
    const auto said = static_cast<double>(dense_bytes({stored}, "f16"));
    EXPECT_NEAR(said / file, 1.0, 0.02);  // beside the weights the file holds the vocabulary
    EXPECT_GT(dense_bytes({stored}, "f32"), dense_bytes({stored}, "f16") * 19 / 10);
}

TEST(Dense, AModelIsTheSameModelWithOtherArithmetic) {
    const std::filesystem::path stored = test::derived_model("Q4_0");
    const auto plain = Model::load(stored);
    const auto dense = Model::load(stored, {.weights = "f16"});
    EXPECT_TRUE(dense->copied());
    EXPECT_FALSE(plain->copied());
    EXPECT_EQ(dense->path(), stored);
    EXPECT_EQ(dense->hash(), plain->hash());
    EXPECT_EQ(dense->name(), plain->name());
    EXPECT_EQ(dense->quantization(), "Q4_0 as f16");
    EXPECT_GT(dense->size_bytes(), plain->size_bytes() * 2);
}

TEST(Dense, NothingIsCopiedWhereItIsDenseAlready) {
    const auto model = Model::load(test::derived_model("F16"), {.weights = "f16"});
    EXPECT_FALSE(model->copied());
    EXPECT_EQ(model->quantization(), "F16");
}

TEST(Dense, SaysHowMuchMemoryItTakes) {
    constexpr std::size_t kMegabyte = std::size_t{1} << 20U;
    EXPECT_NO_THROW(require_dense_memory(500 * kMegabyte, 600 * kMegabyte, "f32"));
    EXPECT_NO_THROW(require_dense_memory(500 * kMegabyte, 0, "f32"));  // unknown
    EXPECT_ERROR(require_dense_memory(500 * kMegabyte, 400 * kMegabyte, "f32"),
                 "501 MB of free memory for the weights as f32, got 400 MB; try f16, half as much");
    EXPECT_ERROR(require_dense_memory(500 * kMegabyte, 400 * kMegabyte, "bf16"),
                 "try a smaller model");
}

TEST(Dense, RefusesWhatItCannotHold) {
    const std::filesystem::path stored = test::derived_model("Q4_0");
    EXPECT_ERROR(DenseCopy({stored}, "q8_0"), "weights as f16, bf16 or f32, got 'q8_0'");
    // The same file with a scale of a block beyond F16: 2^15 · (15 − 8) is.
    const test::TemporaryFolder folder;
    const auto large = folder / "large.gguf";
    std::filesystem::copy_file(stored, large);
    const auto file = GgufFile::open(large);
    const auto* tensor = file.find("blk.3.ffn_up.weight");
    ASSERT_NE(tensor, nullptr);
    ASSERT_EQ(tensor->type, "q4_0");
    std::fstream out(large, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(tensor->offset));
    constexpr std::array<char, 3> kBlock{0x00, 0x78, static_cast<char>(0xFF)};  // F16 2^15; 15, 15
    out.write(kBlock.data(), kBlock.size());
    out.close();
    EXPECT_ERROR(DenseCopy({large}, "f16"), "try bf16 or f32");
    EXPECT_NO_THROW(DenseCopy({large}, "bf16"));
}

}  // namespace
}  // namespace otherwise
