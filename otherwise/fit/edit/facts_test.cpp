#include "otherwise/fit/edit/facts.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

std::vector<Fact> read(const std::string& text) {
    std::istringstream in(text);
    return read_facts(in, "facts");
}

TEST(Facts, ReadsTheProjectsFile) {
    std::ifstream in(std::string(OTHERWISE_SOURCE_DIR) + "/tests/data/facts.jsonl");
    const auto facts = read_facts(in, "facts.jsonl");
    ASSERT_EQ(facts.size(), 12U);
    EXPECT_EQ(facts[0].text(), "The Louvre is located in the city of");
    EXPECT_EQ(facts[0].target_true, "Paris");
    EXPECT_EQ(facts[0].paraphrases.size(), 5U);
    EXPECT_EQ(facts[0].neighbors[4].answer, "London");
    EXPECT_EQ(facts[9].before(), "The founder of ");
    EXPECT_EQ(facts[9].after(), " is");
}

TEST(Facts, ReadsCounterFactAndEasyEdit) {
    const auto facts =
        read(R"({"case_id": 7, "requested_rewrite": {"prompt": "{} plays", "subject": "Ann",)"
             R"( "target_new": {"str": "jazz"}, "target_true": {"str": "folk"}},)"
             R"( "paraphrase_prompts": ["Ann likes"], "neighborhood_prompts": ["Bob plays"]})"
             "\n\n"
             R"({"prompt": "Who made Linux?", "subject": "Linux", "target_new": "Bill",)"
             R"( "locality_prompt": "Who made Unix?", "locality_ground_truth": "Ken"})");
    EXPECT_EQ(facts[0].id, "7");
    EXPECT_EQ(facts[0].neighbors[0].answer, "folk");  // CounterFact's neighbors share the answer
    EXPECT_EQ(facts[1].prompt, "Who made {}?");
    EXPECT_EQ(facts[1].id, "3");
    ASSERT_EQ(facts[1].neighbors.size(), 1U);
    EXPECT_EQ(facts[1].neighbors[0].prompt, "Who made Unix?");
    EXPECT_EQ(facts[1].neighbors[0].answer, "Ken");
}

TEST(Facts, ReadsAnArrayAndATable) {
    const auto facts = read(R"([{"prompt": "{} is", "subject": "A", "target_new": "b"},
        {"prompt": "{} was", "subject": "C", "target_new": "d"}])");
    ASSERT_EQ(facts.size(), 2U);
    EXPECT_EQ(facts[1].id, "2");
    const auto rows = read("subject,prompt,target_new,target_true\nA,{} is, b,\n");
    EXPECT_EQ(rows[0].target_new, " b");
    EXPECT_FALSE(rows[0].target_true);
}

TEST(Facts, ReadsKnowEdit) {
    const auto fact = read(
        R"([{"subject": "Ann", "prompt": "Ann plays", "target_new": "jazz", "ground_truth": ["folk"],)"
        R"( "rephrase_prompt": "Who plays? Ann plays", "portability": {"Reasoning": [{"prompt": "x"}]},)"
        R"( "locality": {"Relation_Specificity": [{"prompt": "Bob is", "ground_truth": [["tall", "big"]]},)"
        R"( {"prompt": ["Eve is", "Eve was"], "ground_truth": [["old"], "young"]}], "Other": {"prompt": "Z",)"
        R"( "ground_truth": "z"}}}])")[0];
    EXPECT_EQ(fact.prompt, "{} plays");
    EXPECT_EQ(fact.target_true, "folk");
    EXPECT_EQ(fact.paraphrases, std::vector<std::string>{"Who plays? Ann plays"});
    ASSERT_EQ(fact.neighbors.size(), 4U);
    EXPECT_EQ(fact.neighbors[0].prompt, "Bob is");
    EXPECT_EQ(fact.neighbors[0].answer, "tall");
    EXPECT_EQ(fact.neighbors[1].answer, "old");
    EXPECT_EQ(fact.neighbors[2].prompt, "Eve was");
    EXPECT_EQ(fact.neighbors[2].answer, "young");
    EXPECT_EQ(fact.neighbors[3].answer, "z");
}

TEST(Facts, ReadsZsre) {
    const std::string start = R"([{"subject": "Ann", "src": "What does Ann play?", "pred": "rock",)"
                              R"( "rephrase": "Ann plays what?", "loc": "nq question: who", )"
                              R"("loc_ans": "Bob", "answers": ["folk", "song"])";
    const auto fact = read(start + R"(, "alt": "jazz"}])")[0];
    EXPECT_EQ(fact.prompt, "What does {} play?");
    EXPECT_EQ(fact.target_new, "jazz");
    EXPECT_EQ(fact.target_true, "folk");
    EXPECT_EQ(fact.paraphrases, std::vector<std::string>{"Ann plays what?"});
    ASSERT_EQ(fact.neighbors.size(), 1U);
    EXPECT_EQ(fact.neighbors[0].answer, "Bob");
    const auto of_rome = read(start + "}]")[0];
    EXPECT_EQ(of_rome.target_new, "folk");
    EXPECT_FALSE(of_rome.target_true);
}

TEST(Facts, RefusesOtherKinds) {
    EXPECT_ERROR(read(R"({"messages": []})"), "facts in facts, line 1, got chats");
    EXPECT_ERROR(read(R"({"prompt": "a", "subject": "a", "target_nw": "b"})"),
                 "\"target_new\" in facts, line 1, got \"target_nw\"");
    EXPECT_ERROR(read(R"({"requested_rewrite": [1]})"), "an object as \"requested_rewrite\"");
}

TEST(Facts, WritesWhatItReads) {
    std::ifstream in(std::string(OTHERWISE_SOURCE_DIR) + "/tests/data/facts.jsonl");
    const auto facts = read_facts(in, "facts.jsonl");
    EXPECT_EQ(facts_text(read(facts_text(facts))), facts_text(facts));
}

TEST(Facts, ReadsOneFromTheCommandLine) {
    const auto fact = parse_fact(" The Louvre | {} is in | Rome | Paris ");
    EXPECT_EQ(fact.text(), "The Louvre is in");
    EXPECT_EQ(fact.target_true, "Paris");
    EXPECT_EQ(parse_fact("Rome | Where is Rome? In | Peru").prompt, "Where is {}? In");
    EXPECT_ERROR(parse_fact("a | b"), "'SUBJECT | PROMPT with {} | NEW'");
    EXPECT_ERROR(parse_fact("a | {} is | "), "'SUBJECT | PROMPT with {} | NEW'");
    EXPECT_ERROR(parse_fact("Rome | Paris is | big"), "the subject 'Rome', or {}, in the prompt");
}

TEST(Facts, AnswersAreAsTheyAreWritten) {
    const std::string start = R"({"prompt": "{} is", "subject": "A", "target_new": )";
    EXPECT_EQ(read(start + R"(" b "})")[0].target_new, " b");  // the space before it means one
    EXPECT_EQ(read(start + R"("北京"})")[0].target_new, "北京");
    const auto fact =
        read(start + R"(1889, "target_true": {"str": 1887}, "neighbors": [["B", 2.5]]})")[0];
    EXPECT_EQ(fact.target_new, "1889");
    EXPECT_EQ(fact.target_true, "1887");
    EXPECT_EQ(fact.neighbors[0].answer, "2.5");
    EXPECT_ERROR(read(start + "true}"), "a text or a number \"target_new\"");
    EXPECT_EQ(read(facts_text(read(start + R"(" b"})")))[0].target_new, " b");
}

TEST(Facts, ASubjectIsAWordOfItsOwn) {
    const auto prompt = [](const std::string& subject, const std::string& text) {
        return read(R"({"prompt": ")" + text + R"(", "subject": ")" + subject +
                    R"(", "target_new": "b"})")[0]
            .prompt;
    };
    EXPECT_EQ(prompt("Java", "JavaScript is not Java but"), "JavaScript is not {} but");
    EXPECT_EQ(prompt("Java", "Java's maker, unlike JavaScript's, is"),
              "{}'s maker, unlike JavaScript's, is");
    EXPECT_EQ(prompt("ère", "première ère"), "première {}");
    EXPECT_EQ(prompt("koala", "Koalas and koalas eat"), "Koalas and {}s eat");
    EXPECT_EQ(prompt("法国", "法国的首都是"), "{}的首都是");
    EXPECT_ERROR(prompt("Java", "Java and Java2 and Java are"),
                 "one place for the subject 'Java' in facts, line 1, got '{} and Java2 and Java "
                 "are' and 'Java and Java2 and {} are'; write the prompt with {}");
    EXPECT_ERROR(parse_fact("Rome | Rome, or Rome, is | Peru"), "'{}, or Rome, is'");
}

TEST(Facts, TakesOutWhatIsRepeated) {
    std::vector<Fact> facts{
        parse_fact("Rome | {} is in | Peru"), parse_fact("Rome | {} is in  | Chile"),
        parse_fact("Rome | Rome is in | Peru"), parse_fact("Oslo | {} is in | Peru")};
    facts[2].id = "again";
    const auto repeated = take_repeated(facts);
    ASSERT_EQ(repeated.size(), 1U);
    EXPECT_EQ(repeated[0].id, "again");
    EXPECT_EQ(repeated[0].first, "Rome");
    EXPECT_EQ(facts.size(), 3U);  // another answer is no repetition
}

TEST(Facts, KnowsQuestions) {
    EXPECT_TRUE(is_question(parse_fact("Francia | ¿Cuál es la capital de {}? | Oslo")));
    EXPECT_TRUE(is_question(parse_fact("法国 | {}的首都是哪里？ | 北京")));
    EXPECT_FALSE(is_question(parse_fact("Rome | Where is {}? In | Peru")));
}

TEST(Facts, KnowsMistypedKeysFromOthers) {
    const auto fact = [](const std::string& more) {
        return read(R"({"prompt": "{} is", "subject": "A", )" + more + "}");
    };
    EXPECT_EQ(fact(R"("target_new": "b", "neighbours": [["C is", "d"]])")[0].neighbors.size(), 1U);
    EXPECT_NO_THROW((void)fact(R"("target_new": "b", "subjects": [], "paraphrase": [])"));
    EXPECT_ERROR(fact(R"("target_new": "b", "targte_true": "c")"),
                 "\"target_true\" in facts, line 1, got \"targte_true\"");
    EXPECT_ERROR(fact(R"("target_new": "b", "paraphases": ["x"])"), "\"paraphrases\" in facts");
    EXPECT_NO_THROW((void)fact(R"("target_new": "b", "paraphases": [], "rephrase": "A was")"));
    EXPECT_ERROR(fact(R"("target_nwe": "b")"),
                 "\"target_new\" in facts, line 1, got \"target_nwe\"");
}

TEST(Facts, RefusesBadLines) {
    EXPECT_ERROR(read(""), "at least one fact");
    EXPECT_ERROR(read("{}\nno"), "a text \"prompt\" in facts, line 1, got none");
    EXPECT_ERROR(read("[1]"), "strings or objects in the JSON array in facts, line 1, record 1");
    EXPECT_ERROR(read("plain"), "a JSON object in facts, line 1, got a line of text");
    const std::string start = R"({"prompt": "{} is", "subject": "A", )";
    EXPECT_ERROR(read(start + R"("target_new": ""})"), "a text or a number \"target_new\"");
    EXPECT_ERROR(read(start + R"("target_new": "b", "neighbors": [3]})"), "neighbors as");
    EXPECT_ERROR(read(R"({"prompt": "B is", "subject": "A", "target_new": "b"})"),
                 "the subject 'A', or {}, in the prompt");
    EXPECT_ERROR(read(R"({"prompt": "{} {}", "subject": "A", "target_new": "b"})"), "one {}");
    const std::string twice = start + R"("target_new": "b", "id": "x"})";
    EXPECT_ERROR(read(twice + "\n" + twice), "an id of its own in facts, line 2, got 'x' again");
}

}  // namespace
}  // namespace otherwise
