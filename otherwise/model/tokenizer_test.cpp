// needs: llama
#include "otherwise/model/tokenizer.h"

#include <gtest/gtest.h>

#include <string>

#include "otherwise/model/model.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

std::string repeated(const std::string& sign, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) {
        text += sign;
    }
    return text;
}

void expect_run(const std::string& text, std::size_t at, std::size_t length) {
    const LongestRun run = longest_run(text);
    EXPECT_EQ(run.length, length) << text;
    EXPECT_EQ(run.at, at) << text;
}

TEST(LongestRun, OfBlanksOrOfWords) {
    expect_run("", 0, 0);
    expect_run("abc 12345 de", 4, 5);
    expect_run("abc   \n\t. =-=-", 3, 5);
    expect_run("a=a=a= b", 0, 6);
}

TEST(LongestRun, CountsCharacters) {
    expect_run("ab \u043f\u0440\u0438 \u4e2d\u6587\u3002\u4e2d", 10, 4);
    expect_run("\xFF\xFE\xE0", 0, 3);  // whatever it is
}

TEST(LongestRun, SignsThatMayBeBlanksBelongToAny) {
    expect_run(repeated(" \u3000", 5) + "x", 0, 10);
    expect_run(repeated("x\u2003", 5) + " ", 0, 10);
}

TEST(SplitText, LongRunsNeedNoLargeStack) {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    const std::string text = "a" + repeated("=", 100000) + " b";
    const Tokens tokens = model->tokenize(text, false, false);
    EXPECT_EQ(model->text(tokens), text);
}

TEST(SplitText, ContinuationsNeedNoSpaceHere) {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    for (const std::string text : {" Paris", "Paris", "  two", "\nnext", ""}) {
        EXPECT_EQ(model->continuation(text, false), model->tokenize(text, false, false)) << text;
    }
    EXPECT_EQ(model->bos(), -1);  // the file has one, which the vocabulary does not add
}

}  // namespace
}  // namespace otherwise
