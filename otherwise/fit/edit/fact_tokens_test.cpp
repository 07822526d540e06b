// needs: llama
#include "otherwise/fit/edit/fact_tokens.h"

#include <gtest/gtest.h>

#include "otherwise/fit/edit/prompts.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

/// tiny.py's model with a SentencePiece vocabulary, which puts a space before a text of its own.
std::shared_ptr<const Model> sentencepiece_model(const test::TemporaryFolder& folder) {
    const auto path = folder / "pieces.gguf";
    const std::string code =
        "import sys; sys.path.insert(0, '" + std::string(OTHERWISE_SOURCE_DIR) +
        "/tests/support'); import tiny; tiny.write_sentencepiece_model('" + path.string() + "')";
    if (std::system(("python3 -c \"" + code + "\"").c_str()) !=
        0) {  // NOLINT(concurrency-mt-unsafe)
        throw std::runtime_error("cannot make " + path.string());
    }
    return Model::load(path);
}

std::string answer(const Model& model, const std::string& prompt, const std::string& target) {
    return model.text(with_target(model, prompt, target).target);
}

/// Every kind of border, on both kinds of vocabulary.
void answers_are_what_is_written(const Model& model) {
    EXPECT_EQ(answer(model, "the river is in", "Rome"), " Rome");
    EXPECT_EQ(answer(model, "the river is in ", "Rome"), " Rome");
    EXPECT_EQ(answer(model, "the river is in (", "Rome"), "Rome");
    EXPECT_EQ(answer(model, "法国的首都是", "北京"), "北京");
    EXPECT_EQ(answer(model, "法国的首都是", " 北京"), " 北京");
    EXPECT_EQ(answer(model, "法国的首都是", "Rome"), "Rome");
}

TEST(FactTokens, AnswersAreWhatIsWritten) {
    const test::TemporaryFolder folder;
    answers_are_what_is_written(*Model::load(test::tiny_model(folder, "qwen2")));
    answers_are_what_is_written(*sentencepiece_model(folder));
}

TEST(FactTokens, ATrailingSpaceChangesNothing) {
    const test::TemporaryFolder folder;
    const auto model = sentencepiece_model(folder);
    const auto prompts = [&](const std::string& prompt) {
        const Fact fact{.id = "1", .prompt = prompt, .subject = "river", .target_new = "salt"};
        return edit_prompts(*model, {fact}, {"so it was. "});
    };
    const auto plain = prompts("the {}");
    const auto spaced = prompts("the {} ");
    ASSERT_EQ(plain.size(), 3U);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        EXPECT_EQ(spaced[i].rows, plain[i].rows);
        EXPECT_EQ(spaced[i].subject, plain[i].subject);
    }
    EXPECT_EQ(plain[0].subject, plain[0].first_target);  // it ends the prompt
    const Tokens upto(plain[1].rows.begin(), plain[1].rows.begin() + plain[1].subject + 1);
    EXPECT_EQ(model->text(upto), " so it was. the river");
}

}  // namespace
}  // namespace otherwise
