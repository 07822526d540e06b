// needs: llama
#include "otherwise/generate/corpus.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

class Corpus : public testing::Test {
protected:
    std::shared_ptr<const Model> model_ =
        Model::load(test::default_model(), {.vocabulary_only = true});

    std::string text(int sentences) const {
        std::string text;
        for (int i = 0; i < sentences; ++i) {
            text += "The keeper of light number " + std::to_string(i) + " went home.\n";
        }
        return text;
    }
};

TEST_F(Corpus, ChunksScoreTheirSecondHalf) {
    const auto tokens = model_->tokenize(text(40), true, false);
    const auto chunks = cut_corpus(text(40), "a.txt", *model_, 32, 0);
    ASSERT_EQ(chunks.size(), tokens.size() / 32);
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        EXPECT_EQ(chunks[i].id, std::to_string(i + 1));
        ASSERT_EQ(chunks[i].prompt_tokens->size(), 17U);
        ASSERT_EQ(chunks[i].tokens->size(), 15U);
        for (std::size_t t = 0; t < 32; ++t) {
            const Token came = t < 17 ? (*chunks[i].prompt_tokens)[t] : (*chunks[i].tokens)[t - 17];
            EXPECT_EQ(came, tokens[i * 32 + t]);
        }
    }
    EXPECT_EQ(cut_corpus(text(40), "a.txt", *model_, 32, 3).size(), 3U);
}

TEST_F(Corpus, RefusesWhatCannotBeCut) {
    EXPECT_ERROR(cut_corpus(text(2), "a.txt", *model_, 512, 0), "at least one chunk of 512");
    EXPECT_ERROR(cut_corpus("", "a.txt", *model_, 8, 0), "'a.txt'");
    EXPECT_ERROR(cut_corpus(text(9), "a.txt", *model_, 7, 0), "even number");
    EXPECT_ERROR(cut_corpus(text(9), "a.txt", *model_, 2, 0), "even number");
    EXPECT_ERROR(cut_corpus("\xff\xfe bad", "a.txt", *model_, 8, 0), "UTF-8");
}

}  // namespace
}  // namespace otherwise
