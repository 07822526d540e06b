// needs: llama
#include "otherwise/fit/states/text_tokens.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

TEST(TextTokens, AreWhatTheModelReads) {
    const test::TinyFiles files(
        "tiny.write_sentencepiece_model('s.gguf'); tiny.write_model('a.gguf')");
    const auto model = Model::load(files.path("s.gguf"), {.vocabulary_only = true});
    const auto tokens = tokenize_texts(*model, {}, {.path = "t", .texts = {"the house", ""}});
    ASSERT_EQ(tokens.size(), 2U);
    EXPECT_EQ(tokens[0], model->tokenize("the house", true, true));
    EXPECT_EQ(tokens[1], Tokens{model->bos()});
    const auto chat = Model::load(files.path("a.gguf"), {.vocabulary_only = true});
    const auto rendered = tokenize_texts(*chat, {.chat = true}, {.path = "t", .texts = {"a"}});
    EXPECT_EQ(chat->text(rendered[0], true),
              "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n");
}

TEST(TextTokens, AreNoMoreThanTheModelWasTrainedFor) {
    const test::TinyFiles files("tiny.write_model('a.gguf')");
    const auto model = Model::load(files.path("a.gguf"));
    ASSERT_EQ(model->n_ctx_train(), 256);
    EXPECT_NO_THROW(
        (void)tokenize_texts(*model, {}, {.path = "t", .texts = {std::string(256, 'x')}}));
    EXPECT_ERROR(tokenize_texts(*model, {}, {.path = "t", .texts = {"a", std::string(257, 'x')}}),
                 "text 2 of 't' with 257");
}

}  // namespace
}  // namespace otherwise
