// needs: llama
#include "otherwise/model/vocabulary.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

const ModelOptions kLight{.vocabulary_only = true};

class VocabularyTest : public testing::Test {
protected:
    static void SetUpTestSuite() { model_ = Model::load(test::default_model(), kLight); }
    static void TearDownTestSuite() { model_.reset(); }

    /// The default model with `from` replaced by `to`, as long, throughout its header.
    [[nodiscard]] std::shared_ptr<const Model> renamed(const std::string& from,
                                                       const std::string& to) const {
        std::ifstream file(test::default_model(), std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(file), {}};
        const auto at = bytes.find(from);
        EXPECT_NE(at, std::string::npos);
        bytes.replace(at, from.size(), to);
        std::ofstream(folder_ / "renamed.gguf", std::ios::binary) << bytes;
        return Model::load(folder_ / "renamed.gguf", kLight);
    }

    static std::shared_ptr<const Model> model_;
    test::TemporaryFolder folder_;
};

std::shared_ptr<const Model> VocabularyTest::model_;

TEST_F(VocabularyTest, AQuantizationHasTheSameTokens) {
    const auto other = Model::load(test::derived_model("Q4_0"), kLight);
    for (const bool strict : {false, true}) {
        const VocabularyMatch match = match_vocabulary(*model_, *other, strict);
        EXPECT_TRUE(match.differing.empty());
        EXPECT_TRUE(match.relabelled.empty());
    }
}

TEST_F(VocabularyTest, ADifferentNormalTokenIsNamed) {
    const Token token = model_->tokenize(" president", false, false).at(0);
    const auto other = renamed("\u0120president", "\u0120pr3sident");
    EXPECT_ERROR(match_vocabulary(*model_, *other, false), std::to_string(token) + ": ");
    EXPECT_ERROR(match_vocabulary(*model_, *other, false), "pr3sident");
}

TEST_F(VocabularyTest, ADifferentControlTokenIsListedUnlessStrict) {
    const auto other = renamed("<gh_stars>", "<gh_starz>");
    const VocabularyMatch match = match_vocabulary(*model_, *other, false);
    const Tokens expected = model_->tokenize("<gh_stars>", false, true);
    ASSERT_EQ(expected.size(), 1U);
    EXPECT_EQ(match.differing, expected);
    EXPECT_NE(match.first_differing.find("'<gh_starz>' (control) there"), std::string::npos);
    EXPECT_ERROR(match_vocabulary(*model_, *other, true), "<gh_starz>");
}

}  // namespace
}  // namespace otherwise
