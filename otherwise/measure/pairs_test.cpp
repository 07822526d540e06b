#include "otherwise/measure/pairs.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::vector<ReadPair> read(const std::string& text, const PairFields& fields = {}) {
    std::istringstream in(text);
    std::vector<ReadPair> pairs;
    read_pairs(in, "in.jsonl", fields, [&](ReadPair&& pair) {
        pairs.push_back(std::move(pair));
        return true;
    });
    return pairs;
}

constexpr const char* kOfRun =
    R"({"string": "louvre", "sample": 2, "world": "hot", "prompt": "In", "factual": )"
    R"({"text": " Paris", "tokens": [5, 0], "end": "eog"}, "counterfactual": )"
    R"({"text": " Rome", "tokens": [6], "end": "limit"}, "lcp": 0, "independent": true})";

TEST(Pairs, OfARun) {
    const auto pairs = read(kOfRun);
    ASSERT_EQ(pairs.size(), 1U);
    const ReadPair& pair = pairs[0];
    EXPECT_EQ(pair.string, "louvre");
    EXPECT_EQ(pair.sample, 2);
    EXPECT_EQ(pair.world, "hot");
    EXPECT_TRUE(pair.independent);
    EXPECT_EQ(pair.prompt, "In");
    EXPECT_FALSE(pair.prompt_tokens.has_value());  // not said, and not guessed
    EXPECT_EQ(pair.factual.text, " Paris");
    EXPECT_EQ(*pair.factual.tokens, (Tokens{5, 0}));
    EXPECT_TRUE(*pair.factual.ended);
    EXPECT_FALSE(*pair.counterfactual.ended);
}

TEST(Pairs, OfThePublishedForm) {
    const auto pairs = read(
        "\n{\"id\": 7, \"original\": {\"text\": \"In Paris\", \"tokens\": [1, 5]},"
        " \"counterfactual\": {\"text\": \"In Rome\", \"tokens\": [1, 6]}}\r\n");
    ASSERT_EQ(pairs.size(), 1U);
    EXPECT_EQ(pairs[0].string, "7");
    EXPECT_EQ(pairs[0].line, 2);
    EXPECT_EQ(pairs[0].prompt_tokens, 0);  // part of the tokens
    EXPECT_FALSE(pairs[0].factual.ended.has_value());
}

/// The published form with these texts and tokens.
ReadPair published(const std::string& before, const Tokens& a, const std::string& after,
                   const Tokens& b) {
    ReadPair pair{.prompt_tokens = 0};
    pair.factual = {.text = before, .tokens = a};
    pair.counterfactual = {.text = after, .tokens = b};
    return pair;
}

std::optional<Token> start_of(const std::vector<ReadPair>& pairs) {
    return lone_start_token(pairs);
}

TEST(Pairs, AStartTokenOfOneSideIsFound) {
    const auto kept = published("In Paris", {7, 1, 5}, "In Paris", {1, 5});
    auto moved = published("In Paris", {7, 1, 5}, "In Rome", {1, 6});
    EXPECT_EQ(start_of({kept, moved}), 7);
    const auto apart = published("At Paris", {7, 2, 5}, "In Rome", {1, 6});
    EXPECT_EQ(start_of({apart, kept}), 7);  // whatever the texts of others begin with
    drop_start_token(moved, 7);
    EXPECT_EQ(*moved.factual.tokens, (Tokens{1, 5}));
    EXPECT_EQ(*moved.counterfactual.tokens, (Tokens{1, 6}));
    EXPECT_EQ(start_of({published("In Paris", {1, 5}, "In Paris", {7, 1, 5})}), 7);
}

TEST(Pairs, OtherTokensAreNoStart) {
    const auto kept = published("In Paris", {7, 1, 5}, "In Paris", {1, 5});
    const auto none = [&](const ReadPair& pair) { return !start_of({kept, pair}).has_value(); };
    EXPECT_TRUE(none(published("In Paris", {7, 1, 5}, "In Rome", {7, 1, 6})));  // both have it
    EXPECT_TRUE(none(published("In, In", {7, 1, 7}, "In", {1})));               // within the text
    EXPECT_TRUE(none(published("In Paris", {1, 5}, "In Rome", {1, 6})));        // not everywhere
    EXPECT_TRUE(none(published("Now in", {7, 1}, " in", {1})));                 // it writes a word
    EXPECT_FALSE(start_of({published("In Paris", {7, 1, 5}, "In Rome", {1, 6})}));  // no proof
    auto of_run = kept;
    of_run.prompt_tokens.reset();  // its tokens begin after the prompt
    EXPECT_FALSE(start_of({of_run}));
}

TEST(Pairs, OfFields) {
    const PairFields fields{.prompt = "q",
                            .factual = "before.text",
                            .counterfactual = "after",
                            .texts_hold_prompt = true};
    const auto pairs = read(
        R"({"q": "In", "before": {"text": "In Paris"}, "after": "In Rome", "prompt_tokens": [1]})",
        fields);
    EXPECT_EQ(pairs[0].string, "1");
    EXPECT_EQ(pairs[0].prompt, "In");
    EXPECT_EQ(pairs[0].factual.text, " Paris");
    EXPECT_EQ(pairs[0].counterfactual.text, " Rome");
    const auto beside = read(
        R"({"a": {"text": "x", "tokens": [3], "end": "eog"}, "b": {"text": "y", "tokens": [4]}})",
        {.factual = "a.text", .counterfactual = "b.text"});
    EXPECT_EQ(*beside[0].factual.tokens, Tokens{3});
    EXPECT_TRUE(*beside[0].factual.ended);
}

TEST(Pairs, StopWhereAsked) {
    std::istringstream in(std::string(kOfRun) + "\n" + kOfRun + "\nno JSON\n");
    int taken = 0;
    read_pairs(in, "in.jsonl", {}, [&](ReadPair&& /*pair*/) { return ++taken < 2; });
    EXPECT_EQ(taken, 2);
}

TEST(Pairs, MissingFieldsNameTheirLine) {
    const std::string fine = R"({"factual": {"text": "a"}, "counterfactual": {"text": "b"}})"
                             "\n";
    EXPECT_EQ(read(fine).size(), 1U);
    EXPECT_ERROR(read(fine + R"({"original": {"text": "a"}})"),
                 "\"counterfactual\" in in.jsonl, line 2");
    EXPECT_ERROR(read(fine + R"({"text": "a"})"),
                 "\"factual\" or \"original\" in in.jsonl, line 2");
    EXPECT_ERROR(read(R"({"factual": {"tokens": [1]}, "counterfactual": {"text": "b"}})"),
                 "\"factual.text\" in in.jsonl, line 1, got none");
    EXPECT_ERROR(read(fine, {.factual = "a.b"}), "\"a.b\" in in.jsonl, line 1, got none");
    EXPECT_ERROR(read(fine, {.prompt = "q"}), "\"q\" in in.jsonl, line 1, got none");
    EXPECT_ERROR(read(fine, {.texts_hold_prompt = true}), "`with_prompt`");
}

TEST(Pairs, WrongTypes) {
    EXPECT_ERROR(read("[1]"), "strings or objects in the JSON array in in.jsonl, line 1");
    EXPECT_ERROR(read("\n{\"factual\": "), "JSON in in.jsonl, line 2, got a syntax error");
    EXPECT_ERROR(read("{\"factual\": \"\xFF\"}"), "UTF-8 in in.jsonl, line 1");
    EXPECT_ERROR(read(R"({"factual": 3, "counterfactual": "b"})"), "a string");
    EXPECT_ERROR(read(R"({"factual": {"text": "a", "tokens": [-1]}, "counterfactual": "b"})"),
                 "a list of token numbers");
    EXPECT_ERROR(read(R"({"factual": {"text": "a", "tokens": [1]}, "counterfactual": "b"})"),
                 "tokens of both texts");
    EXPECT_ERROR(read(R"({"factual": {"text": "a", "end": "no"}, "counterfactual": "b"})"),
                 "\"eog\"");
    EXPECT_ERROR(read(" \n"), "at least one pair in in.jsonl, got none");
}

TEST(Pairs, HaveKeysOfTheirOwn) {
    const std::string pair = R"({"factual": "a", "counterfactual": "b", ")";
    for (const std::string key : {"example", "samples", "sampled", "factuals", "originl"}) {
        EXPECT_NO_THROW((void)read(pair + key + "\": 1}")) << key;
    }
    EXPECT_ERROR(read(R"({"factual": "a", "counterfactul": "b"})"),
                 "\"counterfactual\" in in.jsonl, line 1, got \"counterfactul\"");
}

TEST(Pairs, UnequalPrompts) {
    EXPECT_ERROR(read(R"({"original": {"prompt": "In", "text": "a"},)"
                      R"( "counterfactual": {"prompt": "On", "text": "b"}})"),
                 "one prompt for both texts in in.jsonl, line 1, got unequal prompts");
    const PairFields fields{.texts_hold_prompt = true};
    EXPECT_ERROR(read(R"({"prompt": "In", "factual": "In a", "counterfactual": "On b"})", fields),
                 "got a counterfactual text that does not");
}

}  // namespace
}  // namespace otherwise
