// needs: llama
#include "otherwise/model/chat.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const ModelOptions kLight{.vocabulary_only = true};

TEST(Chat, WritesChatml) {
    const auto model = Model::load(test::default_model(), kLight);
    EXPECT_TRUE(chat_template_known(*model));
    EXPECT_EQ(chat_prompt(*model, std::nullopt, "Hi"),
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    EXPECT_EQ(chat_prompt(*model, "Be brief.", "Hi"),
              "<|im_start|>system\nBe brief.<|im_end|>\n"
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    const std::string long_text(100000, 'x');
    EXPECT_EQ(chat_prompt(*model, std::nullopt, long_text).size(),
              chat_prompt(*model, std::nullopt, "x").size() + long_text.size() - 1);
    EXPECT_ERROR(chat_prompt(*model, std::nullopt, std::string_view("a\0b", 3)), "NUL");
}

TEST(Chat, MarkersBecomeSingleTokens) {
    const auto model = Model::load(test::default_model(), kLight);
    const Tokens tokens = model->tokenize(chat_prompt(*model, std::nullopt, "Hi"), true, true);
    EXPECT_EQ(std::count(tokens.begin(), tokens.end(), model->eos()), 1);
}

TEST(Chat, SaysWhenTheTemplateIsUnknown) {
    const test::TemporaryFolder folder;
    std::ifstream file(test::default_model(), std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto at = bytes.find("tokenizer.chat_template");
    ASSERT_NE(at, std::string::npos);
    constexpr std::size_t kTemplate = 1000;
    const std::string marker = "<|im_start|>";
    for (auto m = bytes.find(marker, at); m < at + kTemplate; m = bytes.find(marker, m)) {
        bytes.replace(m, marker.size(), "<|ab_start|>");
    }
    std::ofstream(folder / "x.gguf", std::ios::binary) << bytes;
    const auto model = Model::load(folder / "x.gguf", kLight);
    EXPECT_FALSE(chat_template_known(*model));
    EXPECT_ERROR(chat_prompt(*model, std::nullopt, "Hi"), "already formatted");
}

TEST(Chat, NamesTheForms) {
    const auto names = chat_template_names();
    EXPECT_NE(std::find(names.begin(), names.end(), "chatml"), names.end());
    EXPECT_GT(names.size(), 20U);
}

}  // namespace
}  // namespace otherwise
