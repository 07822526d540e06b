// needs: llama
#include "otherwise/model/embedder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "otherwise/model/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

// What embedding models do is in tests/cli_score_test.py, which makes a small one.

TEST(Embedder, RefusesWhatIsNone) {
    const test::TemporaryFolder folder;
    EXPECT_ERROR(Embedder::load(test::default_model()),
                 "a language model that declares no pooling (architecture llama)");
    EXPECT_ERROR(Embedder::load(folder / "none.gguf"), "no such file");
    std::ofstream(folder / "text.gguf") << "no model";
    EXPECT_ERROR(Embedder::load(folder / "text.gguf"), "a GGUF file");
    const std::vector<GgufTensor> tensors = {{.name = "x", .shape = {1}, .values = {0.0F}}};
    const auto header = [&](const std::string& architecture, std::uint32_t pooling) {
        const auto path = folder / "header.gguf";
        write_gguf(
            path,
            {{"general.architecture", architecture}, {architecture + ".pooling_type", pooling}},
            tensors);
        return path;
    };
    EXPECT_ERROR(Embedder::load(header("bert", 4)), "a reranker");
    EXPECT_ERROR(Embedder::load(header("qwen3", 0)), "a language model that does not pool");
    EXPECT_ERROR(Embedder::load(header("controlvector", 1)), "a control vector");
    // Declared well, and nothing in it: llama.cpp's own reason.
    EXPECT_ERROR(Embedder::load(header("bert", 1)), "an embedding model that llama.cpp can use");
}

TEST(Dot, OfTwoVectors) {
    const std::vector<float> a = {1.0F, 2.0F, -1.0F};
    const std::vector<float> b = {0.5F, 0.25F, 2.0F};
    EXPECT_EQ(dot(a, b), -1.0);
}

}  // namespace
}  // namespace otherwise
