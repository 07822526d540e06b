// needs: llama
#include "otherwise/model/finite_values.h"

#include <ggml.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <vector>

#include "tests/fuzz/gguf_bytes.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

constexpr std::size_t kColumns = 256;
constexpr std::size_t kRows = 300;  // more than are read at once

/// Whether so many rows of this type are found finite, the last value of which is `last`.
bool finite(ggml_type type, float last) {
    std::vector<float> values(kColumns * kRows, 0.5F);
    values.back() = last;
    fuzz::GgufBytes file;
    fuzz::GgufRows rows{.name = "x", .shape = {kColumns, kRows}, .type = type, .data = {}};
    rows.data.resize(ggml_row_size(type, kColumns) * kRows);
    if (type == GGML_TYPE_F32) {
        std::memcpy(rows.data.data(), values.data(), rows.data.size());
    } else {
        ggml_quantize_chunk(type, values.data(), rows.data.data(), 0, kRows, kColumns, nullptr);
    }
    file.text("general.architecture", "llama").tensors = {rows};
    const test::TemporaryFolder folder;
    std::ofstream(folder / "x.gguf", std::ios::binary) << file.written();
    const GgufFile opened = GgufFile::open(folder / "x.gguf");
    return has_finite_values(opened, opened.tensors().at(0));
}

TEST(FiniteValues, AreFoundToTheLastOneInEveryType) {
    for (const auto type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0,
                            GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K}) {
        EXPECT_TRUE(finite(type, 0.25F)) << ggml_type_name(type);
    }
    for (const auto type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16}) {
        EXPECT_FALSE(finite(type, std::nanf(""))) << ggml_type_name(type);
        EXPECT_FALSE(finite(type, -std::numeric_limits<float>::infinity()));
    }
    // A scale that f16 cannot hold.
    EXPECT_FALSE(finite(GGML_TYPE_Q8_0, 3e38F));
}

TEST(FiniteValues, OfAnotherTypeAreMisuse) {
    const GgufTensorInfo tensor{.name = "x", .type = "i32", .shape = {1}, .bytes = 4};
    const test::TemporaryFolder folder;
    std::ofstream(folder / "x.gguf", std::ios::binary)
        << fuzz::GgufBytes().text("general.architecture", "llama").rows("x", {1}).written();
    EXPECT_ERROR((void)has_finite_values(GgufFile::open(folder / "x.gguf"), tensor),
                 "whose values are numbers, got i32");
}

}  // namespace
}  // namespace otherwise
