// needs: llama
#include "otherwise/generate/prepare.h"

#include <gtest/gtest.h>

#include "otherwise/base/hash.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

constexpr Token kEnd = 1;
constexpr Token kStart = 1;  // of the SentencePiece model

class Prepare : public testing::Test {
protected:
    [[nodiscard]] Subject one(const InputString& string, const PromptSplit& split = {},
                              Token end = kEnd) const {
        return prepare({string}, *model_, split, end).at(0);
    }
    [[nodiscard]] std::string observed(const Subject& subject) const {
        return model_->text(subject.observed.value(), true);
    }

    test::TinyFiles files_{"tiny.write_model('a.gguf'); tiny.write_sentencepiece_model('s.gguf')"};
    std::shared_ptr<const Model> model_ =
        Model::load(files_.path("a.gguf"), {.vocabulary_only = true});
};

TEST_F(Prepare, KeepsWhatAStringIsAndItsNoise) {
    const auto text = one({.id = "x", .prompt = "the house", .donor = "a hill"});
    EXPECT_EQ(text.noise, hash64("x"));
    EXPECT_EQ(text.prompt, "the house");
    EXPECT_EQ(text.donor, "a hill");
    EXPECT_FALSE(text.from_tokens);
    EXPECT_FALSE(text.observed);
    const auto tokens = one({.id = "y", .prompt = "for people", .prompt_tokens = Tokens{258, 259}});
    EXPECT_TRUE(tokens.from_tokens);
    EXPECT_EQ(tokens.prompt_tokens, (Tokens{258, 259}));
    EXPECT_EQ(tokens.prompt, model_->text(Tokens{258, 259}));
    const auto chat =
        one({.id = "z",
             .prompt = std::nullopt,
             .messages = {{.role = "user", .content = "a"}, {.role = "user", .content = "b"}}});
    EXPECT_EQ(chat.messages.size(), 2U);
    EXPECT_EQ(chat.prompt, "b");
}

TEST_F(Prepare, ReadsATextApartFromItsPromptAndEndsItWhereItSaysSo) {
    InputString string{.id = "x", .prompt = "the", .text = " red"};
    EXPECT_EQ(*one(string).observed, model_->continuation(" red", true));
    string.ended = true;
    Tokens ended = model_->continuation(" red", true);
    ended.push_back(kEnd);
    EXPECT_EQ(*one(string).observed, ended);
    EXPECT_EQ(*one(string, {}, -1).observed, model_->continuation(" red", true));
    string.text = " red<|end|>";  // no second end
    EXPECT_EQ(*one(string).observed, ended);
}

TEST_F(Prepare, AStringStopsAtItsFirstEnd) {
    const InputString string{
        .id = "x", .prompt = "the", .tokens = Tokens{300, 301, kEnd, 302, kEnd}};
    EXPECT_EQ(*one(string).observed, (Tokens{300, 301, kEnd}));
}

TEST_F(Prepare, ATextWithoutAPromptIsReadAsTheStart) {
    const auto starts = Model::load(files_.path("s.gguf"), {.vocabulary_only = true});
    const auto alone =
        prepare({{.id = "x", .prompt = "", .text = "the house"}}, *starts, {}, -1).at(0);
    EXPECT_EQ(*alone.observed, starts->tokenize("the house", false, true));
    const auto after =
        prepare({{.id = "x", .prompt = "in", .text = "the house"}}, *starts, {}, -1).at(0);
    EXPECT_EQ(*after.observed, starts->continuation("the house", true));
    EXPECT_NE(*after.observed, *alone.observed);  // no space is put before it
}

TEST_F(Prepare, SplitsAfterWordsWhateverIsBetweenThem) {
    const auto split = one({.id = "x", .prompt = " the\t house\n of the king"}, {.words = 2});
    EXPECT_EQ(split.prompt, " the\t house");
    EXPECT_EQ(observed(split), "\n of the king");
    EXPECT_ERROR(one({.id = "x", .prompt = "the house"}, {.words = 2}), "more than 2 words");
    EXPECT_ERROR(one({.id = "x", .prompt = "the house"}, {.words = 3}), "for string 'x'");
    EXPECT_ERROR(one({.id = "x", .prompt = " "}, {.words = 1}), "more than 1 words");
}

TEST_F(Prepare, SplitsAfterTokensThatAreNotTheStart) {
    const Tokens whole = model_->tokenize("a house", true, true);
    const auto split = one({.id = "x", .prompt = "a house"}, {.tokens = 2});
    EXPECT_TRUE(split.from_tokens);
    EXPECT_EQ(split.prompt_tokens, Tokens(whole.begin(), whole.begin() + 2));
    EXPECT_EQ(*split.observed, Tokens(whole.begin() + 2, whole.end()));
    EXPECT_EQ(split.prompt, model_->text(split.prompt_tokens));
    const auto starts = Model::load(files_.path("s.gguf"), {.vocabulary_only = true});
    const auto behind =
        prepare({{.id = "x", .prompt = "the house"}}, *starts, {.tokens = 1}, -1).at(0);
    EXPECT_EQ(behind.prompt_tokens.size(), 2U);
    EXPECT_EQ(behind.prompt_tokens[0], kStart);
    const int words = static_cast<int>(starts->tokenize("the house", false, true).size());
    EXPECT_ERROR(prepare({{.id = "x", .prompt = "the house"}}, *starts, {.tokens = words}, -1),
                 "more than " + std::to_string(words) + " tokens");
    const int n = static_cast<int>(whole.size());
    EXPECT_ERROR(one({.id = "x", .prompt = "a house"}, {.tokens = n}), std::to_string(n));
    EXPECT_NO_THROW((void)one({.id = "x", .prompt = "a house"}, {.tokens = n - 1}));
}

TEST_F(Prepare, AGivenTextIsNotSplit) {
    const auto given = one({.id = "x", .prompt = "a b c", .text = " d"}, {.words = 1});
    EXPECT_EQ(given.prompt, "a b c");
    EXPECT_EQ(observed(given), " d");
}

TEST_F(Prepare, RefusesWhatCannotBeObserved) {
    EXPECT_ERROR(one({.id = "x", .prompt = "a", .text = ""}), "at least one token");
    EXPECT_EQ(*one({.id = "x", .prompt = "a", .text = "", .ended = true}).observed, Tokens{kEnd});
    for (const Token outside : {-1, model_->n_vocab()}) {
        EXPECT_ERROR(one({.id = "x", .prompt = "a", .tokens = Tokens{300, outside}}),
                     std::to_string(outside) + " for string 'x'");
    }
    EXPECT_ERROR(
        one({.id = "x", .prompt = std::nullopt, .prompt_tokens = Tokens{300}}, {.words = 1}),
        "a prompt of tokens");
    EXPECT_ERROR(
        one({.id = "x", .prompt = std::nullopt, .messages = {{.role = "user", .content = "a b"}}},
            {.tokens = 1}),
        "a chat");
}

TEST_F(Prepare, PromptsOfAWorldAreTheFactualOnesWhereTheyAreEqual) {
    const auto subjects =
        prepare({{.id = "x", .prompt = "the house"},
                 {.id = "y", .prompt = std::nullopt, .prompt_tokens = Tokens{300}}},
                *model_, {}, kEnd);
    const auto factual = prompts_in(subjects, *model_, {});
    EXPECT_EQ(*factual[0], model_->tokenize("the house", true, true));
    EXPECT_EQ(*factual[1], Tokens{300});
    EXPECT_EQ(prompts_in(subjects, *model_, {}, factual), factual);  // the very same objects
    EXPECT_NE(prompts_in(subjects, *model_, {})[0], factual[0]);
    const auto other = prompts_in(subjects, *model_, {.prefix = "in "}, factual);
    EXPECT_EQ(*other[0], model_->tokenize("in the house", true, true));
    EXPECT_NE(other[1], factual[1]);
}

TEST_F(Prepare, ErrorsOfPromptsNameTheString) {
    const auto subjects = prepare({{.id = "first", .prompt = "a"}, {.id = "second", .prompt = ""}},
                                  *model_, {}, kEnd);
    EXPECT_ERROR(prompts_in(subjects, *model_, {}), "in string 'second'");
}

TEST_F(Prepare, LengthsCountTheLimitOrTheObservedText) {
    const auto subjects =
        prepare({{.id = "x", .prompt = std::nullopt, .prompt_tokens = Tokens(5, 300)},
                 {.id = "y",
                  .prompt = std::nullopt,
                  .prompt_tokens = Tokens(3, 300),
                  .tokens = Tokens(9, 300)}},
                *model_, {}, kEnd);
    const auto prompts = prompts_in(subjects, *model_, {});
    EXPECT_EQ(longest(subjects, prompts, 4), 12);
    EXPECT_EQ(longest(subjects, prompts, 8), 13);
    EXPECT_NO_THROW(check_lengths(subjects, prompts, 7, 12, "w"));
    EXPECT_ERROR(check_lengths(subjects, prompts, 8, 12, "w"), "5 + 8 for string 'x' in world 'w'");
    EXPECT_ERROR(check_lengths(subjects, prompts, 1, 11, "w"), "3 + 9 for string 'y' in world 'w'");
}

}  // namespace
}  // namespace otherwise
