// Strings from files of records. Covers also: string_record.cpp (what a record is read as).
#include "otherwise/generate/strings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::vector<InputString> read(const std::string& text, const ReadOptions& options = {}) {
    std::istringstream in(text);
    return read_strings(in, "in.txt", options);
}

std::vector<std::string> ids(const std::vector<InputString>& strings) {
    std::vector<std::string> found;
    for (const auto& string : strings) {
        found.push_back(string.id);
    }
    return found;
}

using Ids = std::vector<std::string>;

/// The message reading ends in; "" when it does not fail.
std::string complaint(const std::string& text, const ReadOptions& options = {}) {
    try {
        (void)read(text, options);
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::failed);
        return error.what();
    }
    return "";
}

/// A line as `run --jsonl` writes it.
std::string run_line(const std::string& id, int sample, const std::string& tokens,
                     const std::string& more = "") {
    return R"({"string":")" + id + R"(","sample":)" + std::to_string(sample) +
           R"(,"world":"w","prompt":"p","factual":{"text":"t","tokens":[)" + tokens +
           R"(],"end":"limit"},"counterfactual":{"text":"","tokens":[9],"end":"eog"})" + more +
           "}\n";
}

TEST(PlainLines, AreKeptWhole) {
    const auto strings = read("\xEF\xBB\xBF  two spaces \r\n\r\n \t\n caf\xC3\xA9 {\nlast");
    ASSERT_EQ(ids(strings), (Ids{"1", "4", "5"}));
    EXPECT_EQ(strings[0].prompt, "  two spaces ");
    EXPECT_EQ(strings[1].prompt, " café {");
    EXPECT_EQ(strings[2].prompt, "last");
    EXPECT_EQ(strings[2].line, 5);
    EXPECT_FALSE(strings[0].text || strings[0].tokens || strings[0].ended);
}

TEST(PlainLines, StopAtTheLimit) {
    EXPECT_EQ(ids(read("a\nb\nc\n", {.limit = 2})), (Ids{"1", "2"}));
    EXPECT_NO_THROW((void)read("a\n\xFF\n", {.limit = 1}));  // what is not read cannot be wrong
}

TEST(PlainLines, Refused) {
    EXPECT_THAT(complaint("a\nb\xE9\n"), HasSubstr("expected UTF-8 in in.txt, line 2"));
    EXPECT_THAT(complaint(""), HasSubstr("at least one prompt in in.txt"));
    EXPECT_THAT(complaint("\n \r\n"), HasSubstr("at least one prompt in in.txt"));
    EXPECT_THAT(complaint("\xFF\xFE{"), HasSubstr("UTF-8"));
    std::istringstream broken("a");
    broken.setstate(std::ios::badbit);
    EXPECT_THROW((void)read_strings(broken, "in.txt"), Error);
}

TEST(JsonLines, TakeEveryKey) {
    const auto strings = read(
        "\n"
        R"({"id":"a","prompt":"The","text":" Louvre","ended":true,"other":[{}]})"
        "\r\n"
        R"({"id":-7,"prompt_tokens":[1,2147483647],"tokens":[0,5]})"
        "\n"
        R"( {"prompt":"","text":null,"id":null})"
        "\n");
    ASSERT_EQ(ids(strings), (Ids{"a", "-7", "4"}));
    EXPECT_EQ(strings[0].text, " Louvre");
    EXPECT_TRUE(strings[0].ended);
    EXPECT_FALSE(strings[1].prompt);
    EXPECT_EQ(strings[1].prompt_tokens, (Tokens{1, 2147483647}));
    EXPECT_EQ(strings[1].tokens, (Tokens{0, 5}));
    EXPECT_EQ(strings[2].prompt, "");
    EXPECT_FALSE(strings[2].text || strings[2].ended);
    EXPECT_EQ(read(R"({"prompt":"a","prompt":"b"})")[0].prompt, "b");
}

TEST(JsonLines, AreRefusedWithTheirLine) {
    const std::string good = R"({"prompt":"p"})"
                             "\n";
    const auto second = [&](const std::string& line) { return complaint(good + line); };
    EXPECT_THAT(second("{\"prompt\":"), AllOf(HasSubstr("expected JSON in in.txt, line 2"),
                                              HasSubstr("a syntax error at byte 11")));
    EXPECT_THAT(second("plain"), HasSubstr("a syntax error at byte 1"));
    EXPECT_THAT(second("[1]"), AllOf(HasSubstr("a JSON object"), HasSubstr("JSON of type array")));
    EXPECT_THAT(second(R"({"prompt":3})"),
                AllOf(HasSubstr("a string as \"prompt\""), HasSubstr("line 2, got \"prompt\": 3")));
    EXPECT_THAT(second(R"({"text":"x"})"), HasSubstr("\"prompt\" or \"prompt_tokens\" in in.txt"));
    EXPECT_THAT(second(R"({"prompt":"p","text":"x","tokens":[1]})"), HasSubstr("got both"));
    EXPECT_THAT(second(R"({"prompt":"p","ended":true})"), HasSubstr("beside \"ended\""));
    EXPECT_THAT(second(R"({"prompt":"p","text":"x","ended":1})"), HasSubstr("true or false"));
    EXPECT_THAT(second(R"({"prompt":"p","id":1.5})"), HasSubstr("an integer as \"id\""));
    EXPECT_THAT(second(R"({"prompt":"p","id":""})"), HasSubstr("an integer as \"id\""));
    EXPECT_THAT(second("{\"prompt\":\"\xFF\"}"), HasSubstr("UTF-8 in in.txt, line 2"));
    EXPECT_THAT(second(R"({"prompt":"\ud800"})"), HasSubstr("a syntax error"));
    for (const std::string bad :
         {"-1", "1.0", "2147483648", "1e3", "\"1\"", "99999999999999999999"}) {
        EXPECT_THAT(second(R"({"prompt_tokens":[)" + bad + "]}"),
                    HasSubstr("a list of token numbers from 0 as \"prompt_tokens\""))
            << bad;
    }
    EXPECT_THAT(second(R"({"prompt":"p","tokens":"1"})"), HasSubstr("\"tokens\": \"1\""));
}

TEST(JsonLines, DeepNestingIsHarmless) {
    const std::string deep = std::string(200000, '[') + std::string(200000, ']');
    EXPECT_THAT(complaint(R"({"prompt":)" + deep + "}"),
                HasSubstr("\"prompt\": JSON of type array"));
    EXPECT_EQ(ids(read(R"({"prompt":"p","other":)" + deep + "}")), Ids{"1"});
}

TEST(JsonLines, RepeatedIdsAreRefusedWithBothLines) {
    const std::string a = R"({"id":"a","prompt":"p"})"
                          "\n";
    EXPECT_THAT(complaint(a + "\n" + a), AllOf(HasSubstr("an id of its own in in.txt, line 3"),
                                               HasSubstr("\"a\" again, first in line 1")));
    // A number given and a line's own number are the same id.
    EXPECT_THAT(complaint(R"({"id":2,"prompt":"p"})"
                          "\n"
                          R"({"prompt":"q"})"),
                HasSubstr("\"2\" again, first in line 1"));
    EXPECT_THAT(
        complaint("{\"prompt\":\"p\"}\n{\"prompt\":\"q\"}\n{\"id\":\"1\",\"prompt\":\"r\"}"),
        HasSubstr("\"1\" again, first in line 1"));
    EXPECT_EQ(ids(read("{\"prompt\":\"p\"}\n{\"id\":2,\"prompt\":\"q\"}\n{\"prompt\":\"r\"}")),
              (Ids{"1", "2", "3"}));
    EXPECT_THAT(complaint(a + run_line("a", 0, "1")), HasSubstr("\"a\" again"));
}

TEST(RunLines, WorldsAndEqualSamplesCollapse) {
    const std::string same = run_line("a", 0, "1,2") + run_line("a", 0, "1,2");
    const auto strings = read(same + run_line("a", 1, "1,2") + run_line("b", 0, "3"));
    ASSERT_EQ(ids(strings), (Ids{"a", "b"}));
    EXPECT_EQ(strings[0].prompt, "p");
    EXPECT_EQ(strings[0].tokens, (Tokens{1, 2}));
    EXPECT_FALSE(strings[0].ended || strings[0].text);
}

TEST(RunLines, DifferentSamplesAreStringsOfTheirOwn) {
    const auto lines = run_line("a", 0, "1") + run_line("a", 0, "1") + run_line("a", 1, "2") +
                       run_line("a", 1, "2") + run_line("a", 2, "3") + run_line("a", 3, "2");
    EXPECT_EQ(ids(read(lines)), (Ids{"a", "a#1", "a#2"}));
    EXPECT_EQ(ids(read(lines, {.limit = 2})), (Ids{"a", "a#1"}));
}

TEST(RunLines, OneSampleHasOneFactualString) {
    EXPECT_THAT(complaint(run_line("a", 0, "1") + run_line("a", 0, "2")),
                AllOf(HasSubstr("one factual string for each id and sample in in.txt, line 2"),
                      HasSubstr("\"a\" again, first in line 1")));
    // Observed strings are the same in all samples, so others are a contradiction.
    const std::string observed = R"(,"observed":true)";
    EXPECT_THAT(complaint(run_line("a", 0, "1", observed) + run_line("a", 1, "2", observed)),
                HasSubstr("\"a\" again"));
    EXPECT_EQ(ids(read(run_line("a", 0, "1", observed) + run_line("a", 1, "1", observed))),
              Ids{"a"});
}

TEST(RunLines, EndsAndTypes) {
    const auto line = [](const std::string& factual, const std::string& more = "") {
        return R"({"string":"a","prompt":"p","factual":{)" + factual + "}" + more + "}";
    };
    EXPECT_TRUE(read(line(R"("tokens":[1],"end":"eog")"))[0].ended);
    EXPECT_FALSE(read(line(R"("tokens":[1])"))[0].ended);
    EXPECT_THAT(complaint(line(R"("text":"x")")), HasSubstr("\"tokens\" in \"factual\""));
    EXPECT_THAT(complaint(line(R"("tokens":[1],"end":"stop")")), HasSubstr("\"eog\" or \"limit\""));
    EXPECT_THAT(complaint(line(R"("tokens":[1])", R"(,"sample":-1)")),
                HasSubstr("an integer from 0 as \"sample\""));
}

TEST(OtherForms, OfTheSameStrings) {
    const auto strings =
        read(R"([{"prompt": "a", "completion": " b"}, "c", {"id": 7, "prompt": "d"}])");
    ASSERT_EQ(ids(strings), (Ids{"1", "2", "7"}));  // by number: all are in line 1
    EXPECT_EQ(strings[0].text, " b");
    EXPECT_EQ(strings[1].prompt, "c");
    const auto rows = read("id,prompt,text,ended\nx,a, b,True\n,c,,\n");
    ASSERT_EQ(ids(rows), (Ids{"x", "3"}));
    EXPECT_EQ(rows[0].text, " b");
    EXPECT_TRUE(rows[0].ended);
    EXPECT_FALSE(rows[1].text);
    EXPECT_EQ(read("{\n\"prompt\": \"a\"}")[0].line, 1);
}

TEST(OtherForms, Instructions) {
    const auto strings = read(R"({"instruction": "Say", "input": "it", "output": "It."})"
                              "\n"
                              R"({"instruction": "Say", "input": ""})");
    EXPECT_EQ(strings[0].prompt, "Say\nit");
    EXPECT_EQ(strings[0].text, "It.");
    EXPECT_EQ(strings[1].prompt, "Say");
    EXPECT_FALSE(strings[1].text);
    const auto alpaca =
        read(R"({"instruction": "a", "input": "", "output": "b", "text": "### a ### b"})");
    EXPECT_EQ(alpaca[0].prompt, "a");
    EXPECT_EQ(alpaca[0].text, "b");
    EXPECT_EQ(read(R"({"instruction": "a", "text": "c"})")[0].text, "c");
    EXPECT_THAT(complaint(R"({"prompt": "a", "text": "b", "completion": "c"})"),
                HasSubstr("got both \"text\" and \"completion\""));
}

TEST(OtherForms, Fields) {
    const ReadOptions options{.fields = {.prompt = "in.0.c", .text = "resps.0.0", .id = "m.k"}};
    const auto strings =
        read(R"({"in": [{"c": "a"}], "resps": [["b"]], "m": {"k": "x"}, "promt": 1})", options);
    EXPECT_EQ(strings[0].id, "x");
    EXPECT_EQ(strings[0].prompt, "a");
    EXPECT_EQ(strings[0].text, "b");
    const std::string named = R"("m": {"k": "x"}, "in": [{"c": "a"}], "resps": [["b"]])";
    const auto both =
        read("{" + named + R"(, "prompt_tokens": "3", "prompt": 1, "completion": "c", )" +
                 R"("tokens": 7, "text": 1, "instruction": "i", "output": "o"})",
             options);
    EXPECT_EQ(both[0].prompt, "a");
    EXPECT_EQ(both[0].text, "b");
    EXPECT_FALSE(both[0].prompt_tokens || both[0].tokens);
    const auto example = read(R"({"instruction": "i", "output": "o", "good": "g", "ended": true})",
                              {.fields = {.text = "good"}});
    EXPECT_EQ(example[0].prompt, "i");
    EXPECT_EQ(example[0].text, "g");
    EXPECT_TRUE(example[0].ended);
    EXPECT_THAT(complaint(R"({"m": {"k": 1}, "in": []})", options),
                HasSubstr("the field \"in.0.c\""));
    EXPECT_THAT(complaint(R"({"m": {"k": 1}, "in": [{"c": 3}]})", options),
                HasSubstr("a string as \"in.0.c\""));
}

TEST(OtherForms, WholeTexts) {
    const ReadOptions options{.whole_texts = true};
    EXPECT_EQ(read(R"({"text": "a b"})", options)[0].prompt, "a b");
    EXPECT_FALSE(read(R"({"text": "a b"})", options)[0].text);
    EXPECT_EQ(read(R"({"prompt": "a", "text": "b"})", options)[0].text, "b");
    EXPECT_THAT(complaint(R"({"text": "a b"})"), HasSubstr("`prompt_words=N`"));
}

TEST(OtherForms, IdFieldsHaveToBeThere) {
    const ReadOptions options{.fields = {.id = "k"}};
    EXPECT_EQ(ids(read(R"({"k": 7, "id": "x", "prompt": "p"})", options)), Ids{"7"});
    EXPECT_THAT(
        complaint(R"({"id": "x", "prompt": "p"})", options),
        HasSubstr(R"(the field "k" in in.txt, line 1, got none; there are "id", "prompt")"));
    EXPECT_EQ(ids(read(run_line("a", 0, "1", R"(,"k":"y")"), options)), Ids{"y"});
    EXPECT_THAT(complaint(run_line("a", 0, "1"), options), HasSubstr("the field \"k\""));
}

TEST(OtherForms, LogsOfLmEval) {
    const auto advice = [](const std::string& arguments) {
        return complaint(R"({"doc_id": 0, "resps": [["a"]], "arguments": )" + arguments + "}");
    };
    EXPECT_THAT(advice(R"([["P", {}]])"), HasSubstr("`prompt_field=arguments.0.0` `text_field"));
    EXPECT_THAT(advice(R"({"gen_args_0": {"arg_0": "P"}})"),
                HasSubstr("`prompt_field=arguments.gen_args_0.arg_0` `text_field"));
}

TEST(OtherForms, WhatIsReadElsewhereIsNoPrompt) {
    EXPECT_THAT(complaint(R"({"prompt": "p", "subject": "s", "target_new": "t"})"),
                AllOf(HasSubstr("got facts"), HasSubstr("a fact's own prompts")));
    EXPECT_THAT(complaint(R"({"prompt": "p", "factual": "a", "counterfactual": "b"})"),
                HasSubstr("got pairs"));
    EXPECT_THAT(complaint(R"({"prompt": "p", "stay": [1], "survival": [1]})"),
                HasSubstr("got the lines that `otherwise law` writes"));
    EXPECT_THAT(complaint(R"({"prompt": "p", "eval": {}, "samples": []})"),
                HasSubstr("got a log of Inspect"));
}

TEST(OtherForms, KeysOfTheirOwn) {
    for (const std::string key :
         {"n_tokens", "completions", "instructions", "texts", "ext", "message"}) {
        EXPECT_EQ(read(R"({"prompt": "p", ")" + key + R"(": "x"})")[0].prompt, "p") << key;
    }
    for (const std::string key : {"txet", "endd"}) {
        EXPECT_THAT(complaint(R"({"prompt": "p", ")" + key + R"(": "x"})"),
                    HasSubstr("got \"" + key + "\", which looks like it"));
    }
    EXPECT_THAT(complaint(R"({"promt": "p", "text": "t"})"),
                HasSubstr(R"("prompt" in in.txt, line 1, got "promt", which looks like it)"));
    EXPECT_THAT(complaint(R"({"instructions": "p"})"), HasSubstr("`prompt_field=instructions`"));
}

TEST(Chats, AreTurns) {
    const ReadOptions options{.chat = true};
    const auto strings =
        read(R"({"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": )"
             R"([{"type": "text", "text": "u"}, {"type": "text", "text": "v"}]}, )"
             R"({"role": "assistant", "content": "a"}]})"
             "\n"
             R"({"conversations": [{"from": "human", "value": "u"}]})",
             options);
    EXPECT_EQ(strings[0].messages, (std::vector<ChatMessage>{{.role = "system", .content = "s"},
                                                             {.role = "user", .content = "uv"}}));
    EXPECT_EQ(strings[0].text, "a");
    EXPECT_FALSE(strings[0].prompt || strings[0].ended);
    EXPECT_EQ(strings[1].messages, (std::vector<ChatMessage>{{.role = "user", .content = "u"}}));
    EXPECT_FALSE(strings[1].text);
}

TEST(Chats, AreRefused) {
    const ReadOptions options{.chat = true};
    const auto turns = [&](const std::string& list) {
        return complaint("{\"messages\": " + list + "}", options);
    };
    EXPECT_THAT(complaint(R"({"messages": [{"role": "user", "content": "u"}]})"),
                AllOf(HasSubstr("got a chat"), HasSubstr("`chat`")));
    EXPECT_THAT(turns("[]"), HasSubstr("a list of turns as \"messages\" in in.txt, line 1"));
    EXPECT_THAT(turns("3"), HasSubstr("a list of turns"));
    EXPECT_THAT(turns(R"(["u"])"), HasSubstr("a list of turns"));
    EXPECT_THAT(turns(R"([{"role": "tool", "content": "u"}])"), HasSubstr("got \"tool\""));
    EXPECT_THAT(turns(R"([{"content": "u"}])"), HasSubstr("\"role\" of each turn"));
    EXPECT_THAT(turns(R"([{"role": "user", "content": null}])"),
                HasSubstr("a text as \"content\""));
    EXPECT_THAT(turns(R"([{"role": "user", "content": [{"type": "image_url"}]}])"),
                HasSubstr("a part of type \"image_url\""));
    EXPECT_THAT(turns(R"([{"role": "assistant", "content": "a"}])"),
                HasSubstr("a turn before the assistant's"));
    EXPECT_THAT(complaint(R"({"text": "t", "messages": [{"role": "user", "content": "u"}, )"
                          R"({"role": "assistant", "content": "a"}]})",
                          options),
                AllOf(HasSubstr("\"text\" or an assistant's turn"), HasSubstr("got both")));
}

TEST(Chats, BesideAPromptAreTakenWhereAsked) {
    const std::string both = R"({"prompt": "p", "prompt_id": "x", "messages": )"
                             R"([{"role": "user", "content": "u"}, )"
                             R"({"role": "assistant", "content": "a"}]})";
    const auto plain = read(both);
    EXPECT_EQ(plain[0].prompt, "p");
    EXPECT_TRUE(plain[0].messages.empty() && !plain[0].text);
    const auto chat = read(both, {.chat = true});
    EXPECT_FALSE(chat[0].prompt);
    EXPECT_EQ(chat[0].messages, (std::vector<ChatMessage>{{.role = "user", .content = "u"}}));
    EXPECT_EQ(chat[0].text, "a");
    const std::string text = R"({"text": "a b", "messages": [{"role": "user", "content": "u"}]})";
    EXPECT_EQ(read(text, {.whole_texts = true})[0].prompt, "a b");
}

}  // namespace
}  // namespace otherwise
