#include "otherwise/measure/answers.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::vector<Answer> read(const std::string& text, const std::string& field = {}) {
    std::istringstream in(text);
    std::vector<Answer> answers;
    read_answers(in, "in", field, [&](Answer&& answer) { answers.push_back(std::move(answer)); });
    return answers;
}

/// Pairs and how the files met.
std::pair<std::vector<ReadPair>, Matches> match(const std::string& a, const std::string& b,
                                                const PairFields& fields = {}) {
    std::istringstream first(a);
    std::istringstream second(b);
    std::vector<ReadPair> pairs;
    const auto matches = match_answers(first, "a", second, "b", fields,
                                       [&](ReadPair&& pair) { pairs.push_back(std::move(pair)); });
    return {pairs, matches};
}

TEST(Answers, OfLmEval) {
    const auto answers = read(
        R"({"doc_id": 3, "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": {}}}, "resps": [["r", "s"]]})"
        "\n"
        R"({"doc_id": 4, "arguments": [["P", {"until": []}]], "resps": [["t"]], "target": "u"})");
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].string, "3");
    EXPECT_EQ(answers[0].prompt, "Q");
    EXPECT_EQ(answers[1].sample, 1);
    EXPECT_EQ(answers[1].text.text, "s");
    EXPECT_EQ(answers[2].prompt, "P");
    EXPECT_EQ(answers[2].line, 2);
    EXPECT_ERROR(read(R"({"doc_id": 0, "resps": [[[-1.5, true]]]})"),
                 "a text as \"resps.0.0\" in in, line 1, got JSON of type array; a task of");
    EXPECT_ERROR(read(R"({"doc_id": 0, "resps": []})"), "\"resps.0.0\" in in, line 1, got none");
}

TEST(Answers, OfInspect) {
    const auto answers = read(
        R"({"version": 2, "eval": {}, "samples": [)"
        R"({"id": "x", "epoch": 2, "input": [{"role": "user", "content": "Q"}], "output": )"
        R"({"completion": "c", "choices": [{"stop_reason": "max_tokens"}]}}, )"
        R"({"id": 1, "epoch": 1, "input": "P", "output": {"choices": [{"message": {"content": )"
        R"([{"type": "reasoning", "reasoning": "r"}, {"type": "text", "text": "d"}]}, )"
        R"("stop_reason": "stop"}]}}]})");
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].string, "x");
    EXPECT_EQ(answers[0].sample, 1);
    EXPECT_EQ(answers[0].prompt, "Q");
    EXPECT_EQ(answers[0].text.text, "c");
    EXPECT_EQ(answers[0].text.ended, false);
    EXPECT_EQ(answers[1].text.text, "d");
    EXPECT_EQ(answers[1].text.ended, true);
    EXPECT_ERROR(read(R"({"eval": {}, "samples": []})"), "\"samples\" in the log of Inspect");
    EXPECT_ERROR(read(R"({"eval": {}, "samples": [{"id": 1, "output": {}}]})"),
                 "a text as \"output.completion\" of sample '1'");
}

TEST(Answers, OfOtherRecords) {
    EXPECT_EQ(read("one\ntwo\n")[1].text.text, "two");
    EXPECT_EQ(read(R"({"id": "x", "prompt": "p", "completion": "c"})")[0].prompt, "p");
    EXPECT_EQ(read(R"({"instruction": "i", "output": "o"})")[0].text.text, "o");
    EXPECT_EQ(read(R"({"a": {"b": ["c"]}})", "a.b.0")[0].text.text, "c");
    EXPECT_ERROR(read(R"({"prompt": "p"})"),
                 "\"text\", \"completion\" or \"output\" in in, line 1");
    EXPECT_ERROR(read(R"({"factual": "a", "counterfactual": "b"})"), "got pairs");
    EXPECT_ERROR(read(""), "at least one text in in");
}

TEST(Answers, MeetByIdAndSample) {
    const auto [pairs, matches] = match(
        R"([{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 2, "sample": 1, "text": "c"}])",
        R"([{"id": 2, "sample": 1, "text": "d"}, {"id": 9, "text": "e"}, {"id": 1, "text": "f"}])");
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(pairs[0].string, "1");
    EXPECT_EQ(pairs[0].counterfactual.text, "f");
    EXPECT_EQ(pairs[1].sample, 1);
    EXPECT_EQ(pairs[1].factual.text, "c");
    EXPECT_EQ(pairs[1].counterfactual.text, "d");
    EXPECT_EQ(matches.only_factual, 1);
    EXPECT_EQ(matches.only_counterfactual, 1);
}

TEST(Answers, RepeatedForEachFilterAreOne) {
    const auto log = [](const std::string& filter, const std::string& texts) {
        return R"({"doc_id": 0, "filter": ")" + filter + R"(", "resps": [[)" + texts + "]]}\n";
    };
    const std::string a = log("strict", R"("a", "b")") + log("flexible", R"("a", "b")");
    const std::string b = log("strict", R"("c", "d")") + log("flexible", R"("c", "d")");
    const auto [pairs, matches] = match(a, b);
    ASSERT_EQ(pairs.size(), 2U);
    EXPECT_EQ(pairs[1].counterfactual.text, "d");
    EXPECT_EQ(matches.pairs, 2);
    EXPECT_EQ(matches.only_factual + matches.only_counterfactual, 0);
}

TEST(Answers, ThatCannotMeet) {
    EXPECT_ERROR(match(R"({"id": 1, "text": "a"})", R"({"id": 2, "text": "b"})"),
                 "texts with the same ids in a and b, got none");
    EXPECT_ERROR(match(R"({"prompt": "p", "text": "a"})", R"({"prompt": "q", "text": "b"})"),
                 "one prompt for both texts of \"1\" in a, line 1, got another in b, line 1");
    const std::string one = R"({"id": 1, "text": "a"})"
                            "\n";
    const std::string other = R"({"id": 1, "text": "b"})";
    EXPECT_ERROR(match(one + other, one), "one text for each id and sample in a, line 2");
    EXPECT_ERROR(match(one, one + other), "one text for each id and sample in b, line 2");
    const std::string prompt = R"({"id": 1, "prompt": "p", "text": "a"})";
    EXPECT_ERROR(match(one + prompt, one), "again, with another text or prompt than in line 1");
}

}  // namespace
}  // namespace otherwise
