// needs: llama
#include "otherwise/model/model_files.h"

#include <gtest/gtest.h>

#include "otherwise/model/model.h"
#include "otherwise/model/quantize.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

class Parts : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path part(int number) const {
        return files_.path("m-0000" + std::to_string(number) + "-of-00003.gguf");
    }
    test::TinyFiles files_{"tiny.write_model('whole.gguf'); tiny.write_parts('.', 3)"};
};

TEST_F(Parts, AreFoundByTheFirst) {
    EXPECT_EQ(model_files(files_.path("whole.gguf")),
              std::vector<std::filesystem::path>{files_.path("whole.gguf")});
    EXPECT_EQ(model_files(part(1)), (std::vector{part(1), part(2), part(3)}));
}

TEST_F(Parts, AreOneModel) {
    const auto whole = Model::load(files_.path("whole.gguf"));
    const auto split = Model::load(part(1));
    EXPECT_EQ(split->n_params(), whole->n_params());
    quantize_model(files_.path("whole.gguf"), files_.path("whole-q.gguf"), "Q8_0", 1);
    quantize_model(part(1), files_.path("split-q.gguf"), "Q8_0", 1);
    EXPECT_EQ(Model::load(files_.path("split-q.gguf"))->n_params(), whole->n_params());
    EXPECT_ERROR(quantize_model(part(1), part(2), "Q8_0", 1), "got the model itself");
}

TEST_F(Parts, AreRefusedWithoutTheFirst) {
    EXPECT_ERROR(model_files(part(2)), "the first file of a model in 3 files, got file 2, '" +
                                           part(2).string() + "'; name '" + part(1).string() + "'");
    std::filesystem::remove(part(3));
    EXPECT_ERROR(model_files(part(1)), "m-00003-of-00003.gguf");
    EXPECT_ERROR(quantize_model(part(1), files_.path("q.gguf"), "Q8_0", 1),
                 "m-00003-of-00003.gguf");
    EXPECT_FALSE(std::filesystem::exists(files_.path("q.gguf")));
}

TEST_F(Parts, AreEachChecked) {
    test::GgufMaker("llama")
        .whole("split.no", 1)
        .whole("split.count", 3)
        .tensor("blk.0.attn_norm.weight", GGML_TYPE_I32, 64)
        .write(part(2));
    EXPECT_ERROR(model_files(part(1)), "m-00002-of-00003.gguf");
    EXPECT_ERROR(quantize_model(part(1), files_.path("q.gguf"), "Q8_0", 1),
                 "m-00002-of-00003.gguf");
}

TEST_F(Parts, AreOfANumberThatThereCanBe) {
    const auto path = files_.path("m.gguf");
    test::GgufMaker("llama").whole("split.count", 70000).write(path);
    EXPECT_ERROR(model_files(path), "a number of files up to 65535 as split.count");
}

}  // namespace
}  // namespace otherwise
