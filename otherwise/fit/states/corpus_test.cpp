// needs: llama
#include "otherwise/fit/states/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

class Corpus : public testing::Test {
protected:
    [[nodiscard]] std::filesystem::path write(const std::string& text) const {
        std::ofstream(folder_ / "corpus.txt", std::ios::binary) << text;
        return folder_ / "corpus.txt";
    }
    test::TemporaryFolder folder_;
    std::shared_ptr<const Model> model_ = Model::load(test::default_model());
};

TEST_F(Corpus, IsTheStartOfTheTokensOfTheWholeText) {
    std::string text;
    for (int i = 0; i < 4000; ++i) {
        text += "Number " + std::to_string(i * 7919) + " is written here.\n";
    }
    const auto path = write(text);
    const Tokens all = model_->tokenize(text, false, false);
    for (const std::size_t most : {1UL, 100UL, 5000UL, all.size(), all.size() + 10}) {
        const auto tokens = corpus_tokens(*model_, path, most);
        ASSERT_EQ(tokens.size(), std::min(most, all.size()));
        EXPECT_TRUE(std::equal(tokens.begin(), tokens.end(), all.begin())) << most;
    }
}

TEST_F(Corpus, ReadsOnWhereTokensAreLong) {
    const auto path = write(std::string(200000, ' ') + "the end of it");
    EXPECT_EQ(corpus_tokens(*model_, path, 100000),
              model_->tokenize(std::string(200000, ' ') + "the end of it", false, false));
}

TEST_F(Corpus, IsAFile) {
    EXPECT_ERROR(corpus_tokens(*model_, folder_.path(), 10), "a text file");
    EXPECT_ERROR(corpus_tokens(*model_, folder_ / "none", 10), "a text file");
}

}  // namespace
}  // namespace otherwise
