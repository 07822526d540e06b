// needs: llama
//
// Covers also: law_open.cpp.
#include "otherwise/api/law.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/base/error.h"
#include "otherwise/world/spec.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

const Work kOneThread{.threads = 1};

/// Without what no two runs have in common.
Json settled(const std::string& text) {
    Json json = Json::parse(text);
    if (json.is_object()) {
        for (const char* key : {"seconds", "seconds_in_llama", "seconds_in_hooks"}) {
            json.erase(key);
        }
    }
    return json;
}

class LawVerb : public testing::Test {
protected:
    /// Two observed texts, a LoRA and a direction.
    [[nodiscard]] Study study() const {
        Study study{.model = files.path("a.gguf"), .file = files.path("texts.jsonl")};
        study.worlds = {parse_world("edit=lora:" + files.path("lora.gguf")),
                        parse_world("sad=steer:" + files.path("vector.gguf"))};
        return study;
    }

    /// `otherwise law` of that study.
    [[nodiscard]] std::string law_json(std::vector<std::string> more) const {
        std::vector<std::string> arguments{"law",     "--json",
                                           "-t",      "1",
                                           "-m",      files.path("a.gguf"),
                                           "-f",      files.path("texts.jsonl"),
                                           "--world", "edit=lora:" + files.path("lora.gguf"),
                                           "--world", "sad=steer:" + files.path("vector.gguf")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return files.command(arguments);
    }

    test::TinyFiles files;
};

TEST_F(LawVerb, LawsOfAllWorlds) {
    const auto table = law(study(), {.target_text = " king", .agreement = true}, kOneThread);
    EXPECT_EQ(settled(to_json(table)),
              settled(law_json({"--target-text", " king", "--agreement"})));
    EXPECT_EQ(table.worlds.size(), 5U);  // with the null world and the nudge of each model
}

TEST_F(LawVerb, LawsAlongADose) {
    const LawSettings settings{.sweep = "steer.scale=0:1:0.5"};
    auto opened = open_law(study(), settings, kOneThread);
    EXPECT_EQ(opened.left_out, std::vector<std::string>{"edit"});
    EXPECT_EQ(to_json(law_sweep(opened)) + "\n", law_json({"--sweep", settings.sweep}));
}

TEST_F(LawVerb, LawsAtTheThreshold) {
    const LawSettings settings{.threshold = "steer.scale=0:4", .halvings = 4};
    auto opened = open_law(study(), settings, kOneThread);
    const auto table = law_threshold(opened);
    EXPECT_EQ(to_json(table) + "\n",
              law_json({"--threshold", settings.threshold, "--halvings", "4"}));
    EXPECT_EQ(table.strings.size(), 2U);
}

TEST_F(LawVerb, LawsOfOneToken) {
    auto opened = open_law(study(), {.law_at = "y:1", .top = 3}, kOneThread);
    EXPECT_EQ(to_json(law_of_token(opened)) + "\n", law_json({"--law-at", "y:1", "--top", "3"}));
    auto beyond = open_law(study(), {.law_at = "y:100"}, kOneThread);
    EXPECT_THROW((void)law_of_token(beyond), Error);
}

TEST_F(LawVerb, LawsOfACorpus) {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "the old house of the king in winter was red and green. ";
    }
    const auto corpus = files.write("corpus.txt", text);
    Study chunks = study();
    chunks.file.clear();
    chunks.context = 32;
    chunks.limit = 3;
    chunks.worlds.pop_back();
    EXPECT_EQ(settled(to_json(law(chunks, {.corpus = corpus}, kOneThread))),
              settled(files.command({"law", "--json", "-t", "1", "-m", files.path("a.gguf"),
                                     "--corpus", corpus, "-c", "32", "--limit", "3", "--world",
                                     "edit=lora:" + files.path("lora.gguf")})));
}

TEST_F(LawVerb, LawsEndWhenTheyAreCancelled) {
    auto opened = open_law(study(), {}, kOneThread);
    int asked = 0;
    const auto table = law_table(opened, {.cancelled = [&] { return ++asked > 0; }});
    EXPECT_TRUE(table.report.cancelled);
    EXPECT_EQ(table.worlds.front().summary.strings, 0);
}

}  // namespace
}  // namespace otherwise
