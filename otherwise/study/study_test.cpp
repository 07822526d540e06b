// Study files. Covers also: study_file.cpp (keys and where they are wrong), study_items.cpp
// (worlds' tables), study_text.cpp (the text that a study is written as, and its settings).
#include "otherwise/study/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/study_scene.h"

namespace otherwise {
namespace {

using testing::HasSubstr;

Study parse(const std::string& text) { return parse_study(text, "s.toml"); }

std::string worlds_of(const Study& study) {
    std::string text;
    for (const auto& world : study.worlds) {
        text += (text.empty() ? "" : " ") + to_spec(world);
    }
    return text;
}

constexpr const char* kFull = R"(# everything
model = "m.gguf"
factual = "lora:base.gguf:0.5"
temp = 0.7
top-k = 40
top-p = 0.9
min-p = 0.01
chat = true
system = "be \"kind\"\nalways"
chat-template = "{% for m in messages %}\n{{ m.content }}\t'\"'{% endfor %}"
chat-date = "2026-11-26"
flash-attn = "on"
cache-type-k = "q8_0"
cache-type-v = "q4_0"
gpu-layers = 0
ctx-size = 512
vocab = "strict"
fast = true
file = "prompts.txt"
limit = 3
prompt-field = "input.0.text"
text-field = "answer"
id-field = "number"
prompt-words = 2
skip-impossible = true
seed = "18446744073709551615"
samples = 4
predict = 12
null = "all"
nudge = false
independent = true
stop-at-divergence = false
target = "Paris"
off-target = ["Lou.re", "a"]
law = false

[worlds]
zebra = "temp:1.5, top-k:3"
apple = ["steer:sad.gguf:1.5@layers=8-12;scope=written", "temp:0.7"]

[worlds.mid]
items = [{ steer = "a, b.gguf", scale = -0.25, layers = 3 }, "do:0:12 7@as=tokens", { temp = 1 }]

[[worlds.last.items]]
do = " Maybe: yes"
at = 2
[[worlds.last.items]]
do = [267, 12]
at = 0
)";

TEST(Study, ReadsEveryKey) {
    const Study study = parse(kFull);
    EXPECT_EQ(study.model, "m.gguf");
    EXPECT_EQ(items_text(study.factual), "lora:base.gguf:0.5");
    EXPECT_EQ(study.mechanism,
              (Mechanism{.temperature = 0.7F, .top_k = 40, .top_p = 0.9F, .min_p = 0.01F}));
    EXPECT_EQ(study.system, "be \"kind\"\nalways");
    EXPECT_EQ(study.cache_values, "q4_0");
    EXPECT_EQ(study.seed, ~std::uint64_t{0});
    EXPECT_EQ(study.null_strings, FloorStrings::all);
    EXPECT_EQ(study.nudge_strings, FloorStrings::none);
    EXPECT_EQ(study.targets, std::vector<std::string>{"Paris"});
    EXPECT_EQ(study.off_targets.size(), 2U);
    EXPECT_FALSE(study.laws);
    // In the order of the file, though TOML's tables have none.
    EXPECT_EQ(worlds_of(study),
              "zebra=temp:1.5,top-k:3 "
              "apple=steer:sad.gguf:1.5@layers=8-12;scope=written,temp:0.7 "
              "mid=steer:\"a, b.gguf\":-0.25@layers=3,do:0:12 7@as=tokens,temp:1 "
              "last=do:2:\" Maybe: yes\",do:0:267 12@as=tokens");
}

TEST(Study, TheTextItWritesIsTheStudyAgain) {
    for (const std::string text :
         {kFull, "", "prompt = [\"a\", \"b\"]\n[worlds]\n\"a.b\" = \"temp:2\"",
          "[[strings]]\nid = \"x\"\nprompt = \"p\"\ntext = \" t\\u007f\"\n"
          "ended = true\n[[strings]]\nprompt_tokens = [1, 2]\n"}) {
        const Study once = parse(text);
        const std::string written = to_toml(once);
        const Study twice = parse(written);
        EXPECT_EQ(to_toml(twice), written);
        EXPECT_EQ(worlds_of(twice), worlds_of(once));
        EXPECT_EQ(settings_text(twice, "s"), settings_text(once, "s"));
        EXPECT_EQ(twice.strings.size(), once.strings.size());
    }
    EXPECT_EQ(to_toml(Study{}), "");
}

TEST(Study, InlineStrings) {
    const Study study = parse(
        "[[strings]]\nid = \"louvre\"\nprompt = \"In\"\ntext = \" Paris\"\nended = true\n"
        "[[strings]]\nprompt_tokens = [3, 4]\ntokens = [5]\n");
    ASSERT_EQ(study.strings.size(), 2U);
    EXPECT_EQ(study.strings[0].text, " Paris");
    EXPECT_TRUE(study.strings[0].ended);
    EXPECT_EQ(study.strings[1].id, "2");
    EXPECT_EQ(study.strings[1].tokens, Tokens{5});
}

TEST(Study, UnknownKeysAreErrorsWithTheNearestAndTheLine) {
    EXPECT_ERROR(parse("seed = 1\nsampels = 2"), "'sampels' in line 2 of 's.toml'");
    EXPECT_ERROR(parse("seed = 1\nsampels = 2"), "did you mean 'samples'?");
    EXPECT_ERROR(parse("[wrlds]\na = \"temp:1\""), "did you mean 'worlds'?");
    EXPECT_ERROR(parse("threads = 4"), "it changes no result, so give it as a flag");
    EXPECT_ERROR(parse("[[strings]]\nprompt = \"a\"\n\ntxt = \"b\""), "'txt' in line 4");
    EXPECT_ERROR(parse("[worlds.a]\nitem = \"temp:1\""), "the key 'item' in line 2");
    EXPECT_ERROR(parse("[worlds]\na = {hot = 1}"), "the key 'hot'");
    EXPECT_EQ(parse("[worlds]\na = {temp = 1.5}").worlds,
              parse("[worlds]\na = \"temp:1.5\"").worlds);
    EXPECT_ERROR(parse("seed = 1\ntokens = 2"), "did you mean 'predict'?");
    EXPECT_ERROR(parse("[worlds]\na = [{steer = \"x\", scal = 2}]"), "did you mean 'scale'?");
    EXPECT_ERROR(parse("[worlds]\na = [{stear = \"x\"}]"), "did you mean 'steer'?");
    EXPECT_ERROR(parse("[worlds]\na = [{temp = 1, scale = 2}]"), "the keys of temp (temp)");
}

TEST(Study, BadValuesNameTheirLine) {
    EXPECT_ERROR(parse("\n\nsamples = 0"), "samples: a whole number from 1");
    EXPECT_ERROR(parse("\n\nsamples = 0"), "'0' in line 3");
    EXPECT_ERROR(parse("samples = 1.5"), "a whole number");
    EXPECT_ERROR(parse("seed = -1"), "from 0 to 2^64 - 1");
    EXPECT_ERROR(parse("temp = \"hot\""), "a number from 0");
    EXPECT_ERROR(parse("temp = nan"), "a number from 0");
    EXPECT_ERROR(parse("top-p = 0"), "top-p: a number");
    EXPECT_ERROR(parse("chat = 1"), "true or false");
    EXPECT_ERROR(parse("model = 3"), "a text in quotes");
    EXPECT_EQ(parse("chat-date = 2026-11-26").chat_date, "2026-11-26");
    EXPECT_EQ(parse("chat-clock = 2026-11-26").chat_clock, "2026-11-26");
    EXPECT_EQ(parse("chat-date = \"2026-11-26\"").chat_date, "2026-11-26");
    for (const char* day : {"2026-11-26T10:00:00", "\"today\"", "20261126", "\"2026-02-30\""}) {
        EXPECT_ERROR(parse(std::string("chat-date = ") + day), "chat-date: a day as");
    }
    EXPECT_ERROR(parse("target = [\"a\", 2]"), "a text in quotes");
    EXPECT_ERROR(parse("cache-type-k = \"q8_1\""), "f16");
    EXPECT_ERROR(parse("strings = 3"), "tables [[strings]]");
    EXPECT_ERROR(parse("[[strings]]\nid = \"a\""), "a prompt for each string");
    EXPECT_ERROR(parse("[[strings]]\nprompt=\"a\"\n[[strings]]\nid=\"1\"\nprompt=\"b\""),
                 "'1' again");
    EXPECT_ERROR(parse("worlds = 3"), "[worlds.NAME]");
    EXPECT_ERROR(parse("[worlds]\n\nnull = \"temp:1\""), "reserved");
    EXPECT_ERROR(parse("[worlds]\n\nnull = \"temp:1\""), "in line 3");
    EXPECT_ERROR(parse("[worlds]\na = \"tmp:1\""), "‘tmp:1’ in line 2 of 's.toml'");
    EXPECT_ERROR(parse("[worlds]\na = []"), "at least one item");
    EXPECT_ERROR(parse("[worlds]\na = [3]"), "with items");
    EXPECT_ERROR(parse("[worlds.a]\n"), "got none in line 1");
    EXPECT_ERROR(parse("seed = 1\nseed = 2"), "in line 2 of 's.toml'");
    EXPECT_ERROR(parse("seed = "), "a study in TOML");
    EXPECT_ERROR(parse("seed = \xff"), "which is not UTF-8");
    EXPECT_ERROR(read_study("none.toml"), "no such file, 'none.toml'");
}

TEST(Study, FilesAreFoundAndRenamed) {
    const Study study = parse(kFull);
    std::vector<std::string> seen;
    const auto hashed = with_files(study, [&](const std::string& file) {
        seen.push_back(file);
        return file + "#";
    });
    EXPECT_THAT(seen, testing::ElementsAre("m.gguf", "base.gguf", "sad.gguf", "a, b.gguf"));
    EXPECT_EQ(hashed.model, "m.gguf#");
    EXPECT_THAT(settings_text(hashed, "s"), HasSubstr("sad.gguf#"));
    EXPECT_THAT(files_of(study.worlds[1].interventions), testing::ElementsAre("sad.gguf"));
}

TEST(Study, SettingsHoldWhatDeterminesTheResults) {
    const Study study = parse(kFull);
    const auto settings = settings_text(study, "strings");
    for (const std::string change :
         {"seed = 3", "samples = 5", "predict = 3", "temp = 0.5", "chat = false", "law = true",
          "independent = false", "null = \"none\"", "system = \"x\"", "chat-template = \"x\"",
          "chat-date = \"2026-01-01\"", "target = \"x\""}) {
        const auto key = change.substr(0, change.find(' '));
        std::string text = kFull;
        const auto at = text.find("\n" + key + " =") + 1;
        text.replace(at, text.find('\n', at) - at, change);
        EXPECT_NE(settings_text(parse(text), "strings"), settings) << change;
    }
    EXPECT_NE(settings_text(study, "other"), settings);
    auto moved = study;
    moved.cache_keys = "f16";  // belongs to the machine
    EXPECT_EQ(settings_text(moved, "strings"), settings);
    EXPECT_NE(machine_text(moved, "a", "b", "c"), machine_text(study, "a", "b", "c"));
    EXPECT_THAT(machine_text(study, "a", "b", "c"), HasSubstr("noise = 3\n"));
}

}  // namespace
}  // namespace otherwise
