// needs: llama
#include "otherwise/model/quantize.h"

#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/base/cancelled.h"
#include "otherwise/base/hash.h"
#include "otherwise/model/model.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

TEST(Quantize, NamesAreThoseOfTheTypes) {
    const auto names = quantization_names();
    EXPECT_EQ(names.size(), 19U);
    EXPECT_EQ(quantization_name(2), "Q4_0");
    EXPECT_EQ(quantization_name(15), "Q4_K_M");
    EXPECT_EQ(quantization_name(19), "IQ2_XXS");
    EXPECT_EQ(quantization_name(21), "Q2_K_S");
    EXPECT_EQ(quantization_name(1024 + 7), "Q8_0");
    EXPECT_EQ(quantization_name(999), "unknown");
}

TEST(Quantize, EachTypeLoadsAndSaysItsName) {
    for (const std::string type : {"Q4_0", "Q2_K", "Q4_K_M", "Q8_0"}) {
        const auto model = Model::load(test::derived_model(type));
        EXPECT_EQ(model->quantization(), type);
        EXPECT_EQ(model->n_vocab(), 49152);
    }
}

TEST(Quantize, LeavesTheModelAlone) {
    const test::TemporaryFolder folder;
    const auto before = sha256_file(test::default_model());
    quantize_model(test::default_model(), folder / "a.gguf", "q8_0", 2);
    EXPECT_EQ(sha256_file(test::default_model()), before);
    EXPECT_EQ(Model::load(folder / "a.gguf", {.vocabulary_only = true})->quantization(), "Q8_0");
}

TEST(Quantize, CountsTensors) {
    const test::TemporaryFolder folder;
    long last = -1;
    long most = 0;
    quantize_model(test::default_model(), folder / "a.gguf", "q8_0", 2, [&](long done, long total) {
        EXPECT_EQ(done, last + 1);
        last = done;
        most = total;
    });
    EXPECT_EQ(last, most);
    EXPECT_GT(most, 200);
}

TEST(Quantize, EndsBeforeTheNextTensorAndWritesNothing) {
    const test::TemporaryFolder folder;
    long done = 0;
    {
        const CancelScope scope([&] { return done >= 3; });
        EXPECT_THROW(quantize_model(test::default_model(), folder / "a.gguf", "q8_0", 2,
                                    [&](long now, long) { done = now; }),
                     Cancelled);
    }
    EXPECT_EQ(done, 3);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    quantize_model(test::default_model(), folder / "a.gguf", "q8_0", 2);
    EXPECT_TRUE(std::filesystem::exists(folder / "a.gguf"));
}

TEST(Quantize, RefusesBeforeWriting) {
    const test::TemporaryFolder folder;
    const auto model = test::default_model();
    EXPECT_ERROR(quantize_model(model, folder / "a.gguf", "Q4_K_N", 1), "did you mean Q4_K_");
    EXPECT_ERROR(quantize_model(folder / "none", folder / "a.gguf", "Q4_0", 1), "no such file");
    EXPECT_ERROR(quantize_model(model, folder / "no" / "a.gguf", "Q4_0", 1), "No such file");
    EXPECT_ERROR(quantize_model(model, folder.path(), "Q4_0", 1), "a folder");
    std::filesystem::create_symlink(model, folder / "link.gguf");
    EXPECT_ERROR(quantize_model(model, folder / "link.gguf", "Q4_0", 1), "the model itself");
    std::filesystem::remove(folder / "link.gguf");
    std::ofstream(folder / "bad.gguf") << "GGUF and then nothing that makes sense";
    EXPECT_ERROR(quantize_model(folder / "bad.gguf", folder / "a.gguf", "Q4_0", 1), "bad.gguf");
    EXPECT_FALSE(std::filesystem::exists(folder / "a.gguf"));
}

}  // namespace
}  // namespace otherwise
