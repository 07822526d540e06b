// needs: llama
#include "otherwise/model/model.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "otherwise/base/hash.h"
#include "otherwise/model/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

class ModelTest : public testing::Test {
protected:
    static void SetUpTestSuite() { model_ = Model::load(test::default_model()); }
    static void TearDownTestSuite() { model_.reset(); }
    static std::shared_ptr<const Model> model_;
};

std::shared_ptr<const Model> ModelTest::model_;

TEST_F(ModelTest, Facts) {
    EXPECT_EQ(model_->architecture(), "llama");
    EXPECT_EQ(model_->quantization(), "Q4_1");
    EXPECT_EQ(model_->n_vocab(), 49152);
    EXPECT_EQ(model_->n_embd(), 576);
    EXPECT_EQ(model_->n_layer(), 30);
    EXPECT_EQ(model_->n_head(), 9);
    EXPECT_EQ(model_->n_head_kv(), 3);
    EXPECT_EQ(model_->n_ctx_train(), 8192);
    EXPECT_EQ(model_->sliding_window(), 0);
    EXPECT_FALSE(model_->recurrent());
    EXPECT_GT(model_->n_params(), 134000000U);
    EXPECT_LT(model_->size_bytes(), std::filesystem::file_size(model_->path()));
    EXPECT_EQ(model_->metadata("no.such.key"), std::nullopt);
    EXPECT_EQ(model_->metadata("llama.block_count"), "30");
    EXPECT_NE(model_->chat_template()->find("<|im_start|>"), std::string::npos);
}

TEST_F(ModelTest, TokenizationRoundTrips) {
    for (const std::string text :
         {"", "Hello world", " a leading space", "  two", "tabs\tand\nlines\r\n", "naïve 日本語 🙂",
          "trailing ", "<|im_end|>", "e\xCC\x81 combining", "a\xE2\x80\x8B zero width"}) {
        EXPECT_EQ(model_->text(model_->tokenize(text, false, false)), text);
    }
    const Tokens parsed = model_->tokenize("hi<|im_end|>", false, true);
    EXPECT_EQ(model_->text(parsed, true), "hi<|im_end|>");
    EXPECT_EQ(model_->text(parsed, false), "hi");
}

TEST_F(ModelTest, TextIsTheConcatenationOfPieces) {
    for (Token token = 0; token + 1 < model_->n_vocab(); token += 97) {
        const Tokens two = {token, token + 1};
        EXPECT_EQ(model_->text(two), model_->piece(token) + model_->piece(token + 1));
    }
}

TEST_F(ModelTest, IllFormedBytesBecomeTheReplacementCharacter) {
    EXPECT_EQ(model_->text(model_->tokenize("a\xFF\x80z", false, false)),
              "a\xEF\xBF\xBD\xEF\xBF\xBDz");
}

TEST_F(ModelTest, SpecialTokensEnd) {
    const Tokens end = model_->tokenize("<|im_end|>", false, true);
    ASSERT_EQ(end.size(), 1U);
    EXPECT_TRUE(model_->ends(end[0]));
    EXPECT_EQ(model_->eos(), end[0]);
    EXPECT_EQ(model_->kind(end[0]), TokenKind::control);
    EXPECT_EQ(model_->token_name(end[0]), "<|im_end|>");
    const Tokens word = model_->tokenize("hello", false, false);
    EXPECT_FALSE(model_->ends(word[0]));
    EXPECT_EQ(model_->kind(word[0]), TokenKind::normal);
    EXPECT_GT(model_->tokenize("<|im_end|>", false, false).size(), 1U);
}

TEST_F(ModelTest, TokensOutsideTheVocabularyAreMisuse) {
    EXPECT_FALSE(model_->ends(-1));
    EXPECT_FALSE(model_->ends(model_->n_vocab()));
    EXPECT_ERROR(model_->piece(-1), "a token between 0 and 49151");
    EXPECT_ERROR(model_->kind(model_->n_vocab()), "49152");
    EXPECT_ERROR(model_->token_name(1 << 30), "a token between");
}

TEST_F(ModelTest, HashIsTheFilesBeforeAndAfter) {
    const std::string before = sha256_file(model_->path());
    std::string seen;
    std::thread other([&] { seen = model_->hash(); });
    EXPECT_EQ(model_->hash(), before);
    other.join();
    EXPECT_EQ(seen, before);
    EXPECT_EQ(sha256_file(model_->path()), before);
}

TEST_F(ModelTest, VocabularyOnly) {
    const auto light = Model::load(test::default_model(), {.vocabulary_only = true});
    EXPECT_EQ(light->n_vocab(), model_->n_vocab());
    EXPECT_EQ(light->tokenize("Hello", true, false), model_->tokenize("Hello", true, false));
}

/// The first `size` bytes of the default model.
void cut(const std::filesystem::path& to, std::uintmax_t size) {
    std::ifstream from(test::default_model(), std::ios::binary);
    std::vector<char> bytes(size);
    from.read(bytes.data(), static_cast<std::streamsize>(size));
    std::ofstream(to, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(size));
}

TEST(HostileModel, Truncated) {
    const test::TemporaryFolder folder;
    const auto whole = std::filesystem::file_size(test::default_model());
    for (const std::uintmax_t size :
         {std::uintmax_t{3}, std::uintmax_t{4}, std::uintmax_t{23}, std::uintmax_t{100},
          std::uintmax_t{1000000}, whole / 2, whole - 64}) {
        cut(folder / "cut.gguf", size);
        EXPECT_ERROR(Model::load(folder / "cut.gguf"), "cut.gguf");
    }
}

TEST(HostileModel, FlippedHeaderBytesNeverCrash) {
    const test::TemporaryFolder folder;
    constexpr std::uintmax_t kHeader = 2000;
    cut(folder / "x.gguf", std::filesystem::file_size(test::default_model()));
    std::fstream file(folder / "x.gguf", std::ios::binary | std::ios::in | std::ios::out);
    for (std::uintmax_t at = 0; at < kHeader; at += 37) {
        file.seekg(static_cast<std::streamoff>(at));
        const char before = static_cast<char>(file.get());
        file.seekp(static_cast<std::streamoff>(at));
        file.put(static_cast<char>(before ^ '\x81')).flush();
        const auto error = test::error_of(
            [&] { static_cast<void>(Model::load(folder / "x.gguf", {.vocabulary_only = true})); });
        EXPECT_THAT(error, testing::Not(testing::HasSubstr("\n"))) << at;
        file.seekp(static_cast<std::streamoff>(at));
        file.put(before).flush();
    }
    EXPECT_NO_THROW(static_cast<void>(Model::load(folder / "x.gguf", {.vocabulary_only = true})));
}

TEST(HostileModel, WithoutAVocabulary) {
    const test::TemporaryFolder folder;
    const auto path = folder / "x.gguf";
    cut(path, std::filesystem::file_size(test::default_model()));
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    std::string head(4096, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    const auto key = head.find("tokenizer.ggml.model");
    ASSERT_NE(key, std::string::npos);
    const auto kind = head.find("gpt2", key);
    ASSERT_LT(kind - key, 40U);
    file.seekp(static_cast<std::streamoff>(kind));
    file.write("none", 4).flush();
    for (const bool vocabulary_only : {true, false}) {
        EXPECT_ERROR(Model::load(path, {.vocabulary_only = vocabulary_only}),
                     "it has no vocabulary");
    }
}

TEST(HostileModel, NotAModel) {
    const test::TemporaryFolder folder;
    EXPECT_ERROR(Model::load(folder / "none.gguf"), "no such file");
    EXPECT_ERROR(Model::load(folder.path()), "a folder");
    std::ofstream(folder / "empty.gguf").close();
    EXPECT_ERROR(Model::load(folder / "empty.gguf"), "an empty file");
    cut(folder / "magic.gguf", 5000);
    std::fstream(folder / "magic.gguf", std::ios::in | std::ios::out).put('g');
    EXPECT_ERROR(Model::load(folder / "magic.gguf"), "another kind");
    const std::vector<GgufTensor> tensors = {{.name = "t", .shape = {1}, .values = {1}}};
    const auto load = [&](const std::string& architecture) {
        write_gguf(folder / "t.gguf", {{"general.architecture", architecture}}, tensors);
        return Model::load(folder / "t.gguf");
    };
    EXPECT_ERROR(load("controlvector"), "`control_vector`");
    EXPECT_ERROR(load("no-such-thing"), "unknown model architecture");
    EXPECT_ERROR(load("llama"), "context_length");
}

}  // namespace
}  // namespace otherwise
