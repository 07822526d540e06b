// needs: llama
#include "otherwise/world/prompt.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

constexpr Token kEnd = 1;    // of the tiny model, which has no start token
constexpr Token kStart = 1;  // of the SentencePiece one

class PromptReaderTest : public testing::Test {
protected:
    [[nodiscard]] static std::string read(const Model& model, const PromptForm& form,
                                          const Prompt& prompt) {
        return model.text(prompt_tokens(model, form, prompt), true);
    }

    test::TinyFiles files_{"tiny.write_model('a.gguf'); tiny.write_sentencepiece_model('s.gguf')"};
    std::shared_ptr<const Model> model_ =
        Model::load(files_.path("a.gguf"), {.vocabulary_only = true});
    std::shared_ptr<const Model> starts_ =
        Model::load(files_.path("s.gguf"), {.vocabulary_only = true});
};

TEST_F(PromptReaderTest, PutsPrefixAndSuffixAroundAText) {
    const PromptForm form{.prefix = "in", .suffix = " winter"};
    EXPECT_EQ(prompt_tokens(*model_, form, {.text = " the house"}),
              model_->tokenize("in the house winter", true, true));
    EXPECT_EQ(read(*model_, {}, {.text = " the house"}), " the house");
}

TEST_F(PromptReaderTest, BeginsWithOneStartTokenHoweverItIsWritten) {
    const Tokens once = starts_->tokenize("the house", true, true);
    ASSERT_EQ(once.front(), kStart);
    for (const std::string text : {"the house", "<s>the house", "<s><s><s>the house"}) {
        EXPECT_EQ(prompt_tokens(*starts_, {}, {.text = text}), once) << text;
    }
    const Tokens whole = starts_->tokenize("in the house", true, true);
    EXPECT_EQ(prompt_tokens(*starts_, {.prefix = "<s>in "}, {.text = "<s><s>the house"}), whole);
    EXPECT_EQ(prompt_tokens(*starts_, {}, {.text = ""}), Tokens{kStart});
}

TEST_F(PromptReaderTest, KeepsTokensAndPutsPrefixAndSuffixAsTokens) {
    const Prompt prompt{.text = "for people", .tokens = {300, 301}, .from_tokens = true};
    EXPECT_EQ(prompt_tokens(*model_, {}, prompt), (Tokens{300, 301}));
    Tokens expected = model_->tokenize(" river", false, true);
    expected.insert(expected.end(), {300, 301});
    const Tokens suffix = model_->continuation(" hill", true);
    expected.insert(expected.end(), suffix.begin(), suffix.end());
    EXPECT_EQ(prompt_tokens(*model_, {.prefix = " river", .suffix = " hill"}, prompt), expected);
}

TEST_F(PromptReaderTest, PutsAPrefixBehindTheStartOfTokens) {
    const Prompt prompt{.text = "", .tokens = {kStart, 300}, .from_tokens = true};
    Tokens expected = starts_->tokenize("hill", false, true);
    expected.insert(expected.begin(), kStart);
    expected.push_back(300);
    EXPECT_EQ(prompt_tokens(*starts_, {.prefix = "hill"}, prompt), expected);
}

TEST_F(PromptReaderTest, WritesAChatInTheModelsTemplate) {
    EXPECT_EQ(read(*model_, {.chat = true, .system = "small", .prefix = "the ", .suffix = " hill"},
                   {.text = "red"}),
              "<|im_start|>system\nsmall<|im_end|>\n<|im_start|>user\nthe red hill<|im_end|>\n"
              "<|im_start|>assistant\n");
    EXPECT_EQ(read(*model_, {.chat = true, .chat_template = "{{ messages[0]['content'] }}!"},
                   {.text = "red"}),
              "red!");
}

TEST_F(PromptReaderTest, SurroundsTheLastQuestionOfAConversation) {
    const Prompt prompt{.text = "",
                        .messages = {{.role = "system", .content = "old"},
                                     {.role = "user", .content = "a"},
                                     {.role = "user", .content = "b"},
                                     {.role = "assistant", .content = "c"}}};
    EXPECT_EQ(read(*model_, {.chat = true, .system = "new", .prefix = "<", .suffix = ">"}, prompt),
              "<|im_start|>system\nnew<|im_end|>\n<|im_start|>user\na<|im_end|>\n"
              "<|im_start|>user\n<b><|im_end|>\n<|im_start|>assistant\nc<|im_end|>\n"
              "<|im_start|>assistant\n");
}

TEST_F(PromptReaderTest, RefusesWhatFitsNoForm) {
    const Prompt tokens{.text = "", .tokens = {300}, .from_tokens = true};
    const Prompt chat{.text = "", .messages = {{.role = "assistant", .content = "c"}}};
    EXPECT_ERROR(prompt_tokens(*model_, {.chat = true}, tokens), "a prompt of tokens");
    EXPECT_ERROR(prompt_tokens(*model_, {}, chat), "messages alone");
    EXPECT_ERROR(prompt_tokens(*model_, {.chat = true, .prefix = "x"}, chat),
                 "a conversation with a user's message");
    EXPECT_ERROR(prompt_tokens(*model_, {}, {.text = ""}), "a prompt of at least one token");
    for (const Token outside : {-1, model_->n_vocab()}) {
        const Prompt wrong{.text = "", .tokens = {300, outside}, .from_tokens = true};
        EXPECT_ERROR(prompt_tokens(*model_, {}, wrong), "tokens within 0-");
    }
    EXPECT_EQ(prompt_tokens(*model_, {}, {.text = "<|end|>"}), Tokens{kEnd});
}

}  // namespace
}  // namespace otherwise
