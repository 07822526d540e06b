#include "otherwise/base/record_keys.h"

#include <gtest/gtest.h>

#include <array>
#include <sstream>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

/// The kind of a file's first record, after a look at its keys.
RecordKind kind(const std::string& json, const std::vector<std::string>& known = {}) {
    std::istringstream in(json);
    Records records(in, "in", {.what = "prompts", .columns = {}});
    EXPECT_TRUE(records.next());
    MistypedKeys(known).refuse(records.value(), records.place());
    return record_kind(records.value());
}

TEST(RecordKind, IsWhatTheKeysSay) {
    EXPECT_EQ(kind(R"({"prompt": "a", "other": 1})"), RecordKind::string);
    EXPECT_EQ(kind(R"({"prompt": "{} is", "subject": "a", "target_new": "b"})"), RecordKind::fact);
    EXPECT_EQ(kind(R"({"src": "a", "subject": "a", "rephrase": "b", "alt": "c"})"),
              RecordKind::fact);
    EXPECT_EQ(kind(R"({"requested_rewrite": {}})"), RecordKind::fact);
    EXPECT_EQ(kind(R"({"string": "a", "factual": {}, "counterfactual": {}})"),
              RecordKind::run_line);
    EXPECT_EQ(kind(R"({"original": {}, "counterfactual": {}})"), RecordKind::pair);
    EXPECT_EQ(kind(R"({"stay": [1], "survival": [1]})"), RecordKind::law_line);
    EXPECT_EQ(kind(R"({"doc_id": 0, "resps": [["a"]]})"), RecordKind::eval_log);
    EXPECT_EQ(kind(R"({"eval": {}, "samples": []})"), RecordKind::inspect_log);
    EXPECT_EQ(kind(R"({"messages": []})"), RecordKind::chat);
    EXPECT_EQ(kind(R"({"instruction": "a", "output": "b"})"), RecordKind::example);
    EXPECT_EQ(kind(R"({"text": "a"})"), RecordKind::text);
    EXPECT_EQ(kind(R"({"question": "a"})"), RecordKind::unknown);
    EXPECT_EQ(kind("a line"), RecordKind::text);
}

TEST(MistypedKeys, AreRefused) {
    const std::vector<std::string> known{"id", "prompt", "text", "ended", "prompt_tokens"};
    EXPECT_ERROR(kind(R"({"promt": "a"})", known),
                 "\"prompt\" in in, line 1, got \"promt\", which looks like it; rename it");
    for (const std::string key :
         {"Prompt", "rpompt", "pompt", "prmtp", "PROMPT", "Text", "txet", "promt_tokens"}) {
        EXPECT_ERROR(kind("{\"" + key + "\": \"a\"}", known),
                     "\"" + key + "\", which looks like it");
    }
}

TEST(MistypedKeys, OtherKeysAreLeftAlone) {
    const std::vector<std::string> known{"id", "prompt", "text", "ended", "tokens"};
    for (const std::string key : {"idx", "title", "test", "token", "next", "index", "added",
                                  "answer", "score", "context", "texts", "prompts", "promp"}) {
        EXPECT_NO_THROW((void)kind("{\"" + key + "\": \"a\"}", known)) << key;
    }
    // A key beside the known one is one of its own.
    EXPECT_NO_THROW((void)kind(R"({"prompt": "a", "prompts": "b"})", known));
}

TEST(MistypedKeys, OptionalOnesAreFewer) {
    const auto refuse = [](const std::string& key) {
        std::istringstream in("{\"" + key + "\": \"a\"}");
        Records records(in, "in", {.what = "prompts", .columns = {}});
        EXPECT_TRUE(records.next());
        constexpr std::array<std::string_view, 1> kUnwanted{"completion"};
        MistypedKeys({"text", "tokens", "ended", "prompt_tokens", "completion"}, {"prompt"}, true)
            .refuse(records.value(), records.place(), kUnwanted);
    };
    for (const std::string key : {"txt", "tetx", "Text", "etxt", "endd", "toknes", "propmt_tokens",
                                  "prompt_tokns", "promt_token", "PROMPT_TOKENS"}) {
        EXPECT_ERROR(refuse(key), "\"" + key + "\", which looks like it");
    }
    for (const std::string key : {"ext", "test", "next", "tent", "texts", "token", "n_tokens",
                                  "needed", "word", "completon", "prompt_token", "extended", ""}) {
        EXPECT_NO_THROW(refuse(key)) << key;
    }
}

}  // namespace
}  // namespace otherwise
