#include "otherwise/serve/ask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "otherwise/serve/limits.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"

namespace otherwise::serve {
namespace {

namespace fs = std::filesystem;

class AskTest : public testing::Test {
protected:
    void SetUp() override {
        fs::create_directories(root_ / "in");
        std::ofstream(root_ / "in" / "a.gguf") << "x";
        std::ofstream(root_ / "out.gguf") << "x";
    }
    void TearDown() override { fs::remove_all(root_); }

    [[nodiscard]] Ask ask(const std::string& body) const {
        const Study base{.model = "m.gguf",
                         .mechanism = {.temperature = 0.8F},
                         .prompts = {"the server's own"},
                         .worlds = {parse_world("own=temp:2")}};
        return read_ask(body, base, Folders({(root_ / "in").string()}));
    }
    /// With one prompt and these further fields.
    [[nodiscard]] Ask with(const std::string& more) const {
        return ask(R"({"prompts": ["p"], )" + more + "}");
    }

    fs::path root_ = fs::path(testing::TempDir()) / ("ask-" + std::to_string(::getpid()));
};

TEST_F(AskTest, AStudyOfTheServersModel) {
    const Ask it =
        ask(R"({"session": "s1", "prompts": ["a", "b"], "null": true, "seed": 18446744073709551615,
        "sample": 3, "tokens": 48, "temperature": 0.5, "top_k": 40, "top_p": 0.9, "min_p": 0.05,
        "worlds": [{"name": "hot", "items": "temp:1.5,prefix:\"Hm, \""}], "string": "2",
        "position": 4, "top": 5, "sweep": "hot=1:2:1", "threshold": "hot=1:2", "targets": ["x"]})");
    EXPECT_EQ(it.session, "s1");
    EXPECT_EQ(it.study.model, "m.gguf");
    EXPECT_EQ(it.study.prompts, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(it.study.seed, 18446744073709551615U);
    EXPECT_EQ(it.study.tokens, 48);
    EXPECT_FLOAT_EQ(it.study.mechanism.temperature, 0.5F);
    EXPECT_EQ(it.study.mechanism.top_k, 40);
    EXPECT_FLOAT_EQ(it.study.mechanism.top_p, 0.9F);
    EXPECT_FLOAT_EQ(it.study.mechanism.min_p, 0.05F);
    ASSERT_EQ(it.study.worlds.size(), 1U);
    EXPECT_EQ(to_spec(it.study.worlds[0]), to_spec(parse_world("hot=temp:1.5,prefix:\"Hm, \"")));
    EXPECT_EQ(it.study.null_strings, FloorStrings::all);
    EXPECT_EQ(it.sample, 3);
    EXPECT_EQ(it.string, "2");
    EXPECT_EQ(it.position, 4);
    EXPECT_EQ(it.top, 5);
    EXPECT_EQ(it.sweep, "hot=1:2:1");
    EXPECT_EQ(it.threshold, "hot=1:2");
    EXPECT_EQ(it.study.targets, std::vector<std::string>{"x"});
}

TEST_F(AskTest, WhatIsLeftOut) {
    const Ask it = ask(R"({"prompts": ["a"]})");
    EXPECT_TRUE(it.study.worlds.empty());
    EXPECT_EQ(it.study.prompts, std::vector<std::string>{"a"});
    EXPECT_FLOAT_EQ(it.study.mechanism.temperature, 0.8F) << "the server's own";
    EXPECT_EQ(it.study.null_strings, FloorStrings::none);
}

TEST_F(AskTest, ObservedTexts) {
    const Ask it = ask(R"({"strings": [{"prompt": "a", "text": " b", "ended": true},
                                       {"id": "x", "prompt": "c"}]})");
    ASSERT_EQ(it.study.strings.size(), 2U);
    EXPECT_EQ(it.study.strings[0].id, "1");
    EXPECT_EQ(it.study.strings[0].text, " b");
    EXPECT_TRUE(it.study.strings[0].ended);
    EXPECT_EQ(it.study.strings[1].id, "x");
    EXPECT_FALSE(it.study.strings[1].text);
}

TEST_F(AskTest, RefusesWhatIsNoRequest) {
    const std::string deep = R"({"prompts": [[[[[[[[["a"]]]]]]]]]})";
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("7"), std::string("{"), std::string("null"),
          std::string("{\"prompts\": [\"\xff\"]}"), std::string(50'000, '['), deep}) {
        EXPECT_ERROR(ask(body), "a JSON object");
    }
    EXPECT_ERROR(ask("{}"), "prompts or strings");
    EXPECT_ERROR(ask(R"({"prompts": [], "strings": []})"), "prompts or strings");
    EXPECT_ERROR(ask(R"({"prompts": ["a"], "strings": [{"prompt": "b"}]})"), "got both");
    EXPECT_ERROR(ask(R"({"prompts": "a"})"), "an array");
    EXPECT_ERROR(ask(R"({"prompts": [7]})"), "texts");
    EXPECT_ERROR(with(R"("model": "other.gguf")"), "keys of the request");
    EXPECT_ERROR(with(R"("file": "/etc/passwd")"), "keys of the request");
    EXPECT_ERROR(with(R"("tokens": 0)"), "from 1 to 512");
    EXPECT_ERROR(with(R"("tokens": 513)"), "from 1 to 512");
    EXPECT_ERROR(with(R"("tokens": 1e9)"), "from 1 to 512");
    EXPECT_ERROR(with(R"("tokens": "9")"), "from 1 to 512");
    EXPECT_ERROR(with(R"("seed": -1)"), "a whole number");
    EXPECT_ERROR(with(R"("temperature": "hot")"), "a number");
    EXPECT_ERROR(with(R"("null": 1)"), "true or false");
    EXPECT_ERROR(with(R"("session": ")" + std::string(65, 'a') + "\""), "at most 64 bytes");
    EXPECT_ERROR(ask(R"({"strings": [{"id": "x", "prompt": "a"}, {"id": "x", "prompt": "b"}]})"),
                 "'x' twice");
}

TEST_F(AskTest, BoundsWhatIsAsked) {
    const auto many = [](std::size_t count, const std::string& one) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            all += (all.empty() ? "" : ",") + one;
        }
        return all;
    };
    EXPECT_EQ(ask("{\"prompts\": [" + many(kPrompts, "\"a\"") + "]}").study.prompts.size(),
              kPrompts);
    EXPECT_ERROR(ask("{\"prompts\": [" + many(kPrompts + 1, "\"a\"") + "]}"), "at most 100");
    EXPECT_ERROR(ask("{\"prompts\": [\"" + std::string(kPromptBytes + 1, 'a') + "\"]}"),
                 "a longer one");
    EXPECT_ERROR(with("\"worlds\": [" + many(kWorlds + 1, "{}") + "]"), "at most 12");
    EXPECT_ERROR(
        with(R"("worlds": [{"name": "a", "items": ")" + many(kItems + 1, "temp:1") + "\"}]"),
        "1 to 8 items");
}

TEST_F(AskTest, WorldsReadNoFileBeyondTheFolders) {
    const auto world = [&](const std::string& items) {
        return with(R"("worlds": [{"name": "w", "items": ")" + items + "\"}]").study.worlds.at(0);
    };
    EXPECT_EQ(files_of(world("lora:a.gguf:0.5").interventions),
              std::vector<std::string>{fs::canonical(root_ / "in" / "a.gguf").string()});
    const std::string out = (root_ / "out.gguf").string();
    for (const std::string& file :
         {out, std::string("../out.gguf"), std::string("/etc/passwd"), std::string("none.gguf")}) {
        for (const char* kind : {"lora", "steer", "model", "affine", "heads", "ablate"}) {
            EXPECT_ERROR(world(std::string(kind) + ":" + file), "a file of the folders");
        }
    }
    for (const char* kind : {"prefix", "suffix", "system", "do:0"}) {
        EXPECT_ERROR(world(std::string(kind) + ":@/etc/passwd"), "which no page reads");
    }
    EXPECT_EQ(world(R"(prefix:\"@/etc/passwd\")").interventions.size(), 1U) << "a text in quotes";
    EXPECT_ERROR(world("nothing:1"), "expected");
    EXPECT_ERROR(world(""), "1 to 8 items");
    EXPECT_ERROR(with(R"("worlds": [{"name": "null", "items": "temp:1"}])"), "reserved");
    EXPECT_ERROR(with(R"("worlds": [{"name": "a b", "items": "temp:1"}])"), "name");
    EXPECT_ERROR(with(R"("worlds": [{"name": "a", "items": "temp:1"},
                                    {"name": "a", "items": "temp:2"}])"),
                 "'a' twice");
}

}  // namespace
}  // namespace otherwise::serve
