// needs: llama
// A live study gives what `run` and `law` give, whatever was changed before.
#include "otherwise/api/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "otherwise/api/live_kept.h"
#include "otherwise/api/run.h"
#include "otherwise/generate/session.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Work kOneThread{.threads = 1};

std::string path(const std::string& name) {
    static const test::TinyFiles files(
        "tiny.write_model('a.gguf'); tiny.write_lora('lora.gguf'); "
        "tiny.write_vector('vector.gguf'); tiny.write_vector('vector2.gguf', seed=6)");
    return files.path(name);
}

Study tiny_study(const std::vector<std::string>& worlds) {
    Study study{.model = path("a.gguf"),
                .prompts = {"the city of", "a queen in the winter"},
                .seed = 3,
                .tokens = 8};
    study.null_strings = FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    for (const auto& world : worlds) {
        study.worlds.push_back(parse_world(world));
    }
    return study;
}

/// Lines of an evaluation, sorted, and the strings as they grew.
struct Heard {
    std::vector<std::string> pairs;
    std::vector<std::string> laws;
    std::map<std::string, Tokens> grown;
    std::map<std::string, Tokens> whole;
    long pieces = 0;
    LiveResult result;
};

Heard evaluate(LiveStudy& live, const Study& study, int sample = 0) {
    Heard heard;
    LiveEvents events;
    events.on_pair = [&](const std::string& line) { heard.pairs.push_back(line); };
    events.on_law = [&](const std::string& line) { heard.laws.push_back(line); };
    events.on_tokens = [&](const LiveTokens& tokens) {
        auto& all = heard.grown[tokens.world + " " + tokens.string];
        all.resize(static_cast<std::size_t>(tokens.position));
        all.insert(all.end(), tokens.tokens.begin(), tokens.tokens.end());
        heard.pieces += static_cast<long>(tokens.pieces.size());
    };
    events.on_string = [&](const LiveTokens& tokens) {
        EXPECT_EQ(tokens.position, 0);
        heard.whole[tokens.world + " " + tokens.string] = tokens.tokens;
    };
    heard.result = live.evaluate(study, sample, events);
    std::ranges::sort(heard.pairs);
    std::ranges::sort(heard.laws);
    return heard;
}

/// What run and law say, in the same order; of this sample.
Heard expected(Study study, int sample = 0) {
    study.samples = sample + 1;
    Heard heard;
    auto opened = open(study, kOneThread);
    (void)run(opened, {.on_pair = [&](const Pair& pair) {
                  if (pair.sample == sample) {
                      heard.pairs.push_back(to_jsonl(pair, opened.context(pair)));
                  }
              }});
    auto law = open_law(study, {}, kOneThread);
    (void)law_table(law, {.on_string = [&](const StringLaw& one) {
                        if (one.sample == sample) {
                            heard.laws.push_back(law.line(one));
                        }
                    }});
    std::ranges::sort(heard.pairs);
    std::ranges::sort(heard.laws);
    return heard;
}

void expect_same(const Heard& heard, const Heard& all) {
    EXPECT_EQ(heard.pairs, all.pairs);
    EXPECT_EQ(heard.laws, all.laws);
}

TEST(LiveStudy, IsRunAndLaw) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5", "sad=steer:" + path("vector.gguf") + ":1.5"});
    const auto first = evaluate(live, study);
    expect_same(first, expected(study));
    EXPECT_THAT(first.result.evaluated, ElementsAre("hot", "sad"));
    EXPECT_EQ(first.grown.size(), 6U) << "two strings in three worlds";
    EXPECT_EQ(first.grown.at("factual 1").size(), 8U);
    EXPECT_EQ(first.grown, first.whole);
}

TEST(LiveStudy, OnlyWhatChangedIsEvaluated) {
    LiveStudy live(kOneThread);
    (void)evaluate(live, tiny_study({"hot=temp:1.5", "sad=steer:" + path("vector.gguf") + ":1.5"}));
    const Study warmer = tiny_study({"hot=temp:1.2", "sad=steer:" + path("vector.gguf") + ":1.5"});
    const auto second = evaluate(live, warmer);
    expect_same(second, expected(warmer));
    EXPECT_THAT(second.result.evaluated, ElementsAre("hot"));
    EXPECT_THAT(second.result.kept, ElementsAre("sad"));
    EXPECT_EQ(second.grown.count("factual 1"), 0U) << "the factual string was there";
    EXPECT_EQ(second.grown.size(), 2U);
    const auto third = evaluate(live, warmer);
    expect_same(third, second);
    EXPECT_THAT(third.result.evaluated, IsEmpty());
    EXPECT_THAT(third.grown, IsEmpty());
    EXPECT_EQ(third.whole, second.whole) << "kept strings are told of, too";
}

TEST(LiveStudy, AnotherStrengthIsNotProbedAgain) {
    LiveStudy live(kOneThread);
    std::vector<std::string> notes;
    const auto at = [&](const std::string& scale, const std::string& more = "") {
        notes.clear();
        const Study study = tiny_study({"sad=steer:" + path("vector.gguf") + ":" + scale + more});
        LiveEvents events;
        Heard heard;
        events.on_pair = [&](const std::string& line) { heard.pairs.push_back(line); };
        events.on_law = [&](const std::string& line) { heard.laws.push_back(line); };
        events.note = [&](const std::string& line) { notes.push_back(line); };
        heard.result = live.evaluate(study, 0, events);
        std::ranges::sort(heard.pairs);
        std::ranges::sort(heard.laws);
        expect_same(heard, expected(study));
        return heard.result.anew;
    };
    EXPECT_FALSE(at("1.5"));
    EXPECT_FALSE(at("0.25"));
    EXPECT_FALSE(at("0"));
    EXPECT_FALSE(at("1", "@layers=1")) << "another network, the same remedy";
}

TEST(LiveStudy, AnotherDrawIsTheNextSample) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5"});
    const auto first = evaluate(live, study);
    const auto third = evaluate(live, study, 2);
    expect_same(third, expected(study, 2));
    EXPECT_NE(third.pairs, first.pairs);
    expect_same(evaluate(live, study), first);
}

TEST(LiveStudy, ObservedTextsAndTheNullWorld) {
    LiveStudy live(kOneThread);
    Study study = tiny_study({"hot=temp:1.5"});
    study.prompts.clear();
    study.strings = {{.id = "mine", .prompt = "the city of", .text = " London had a king"}};
    study.null_strings = FloorStrings::all;
    const auto heard = evaluate(live, study);
    expect_same(heard, expected(study));
    EXPECT_THAT(heard.result.evaluated, ElementsAre("hot", "null"));
    study.worlds = {parse_world("hot=temp:1.6")};
    const auto again = evaluate(live, study);
    expect_same(again, expected(study));
    EXPECT_THAT(again.result.kept, ElementsAre("null"));
}

TEST(LiveStudy, LawsWithoutStrings) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5", "sad=steer:" + path("vector.gguf") + ":1.5"});
    for (const int sample : {0, 2}) {
        std::vector<std::string> laws;
        LiveEvents events;
        events.on_law = [&](const std::string& line) { laws.push_back(line); };
        events.on_pair = [](const std::string& /*line*/) { ADD_FAILURE() << "nothing is written"; };
        EXPECT_THAT(live.laws(study, sample, events).evaluated, ElementsAre("hot", "sad"));
        std::ranges::sort(laws);
        EXPECT_EQ(laws, expected(study, sample).laws);
        (void)evaluate(live, study, sample);  // now the factual strings are known
        std::vector<std::string> again;
        events.on_law = [&](const std::string& line) { again.push_back(line); };
        live.laws(study, sample, events);
        std::ranges::sort(again);
        EXPECT_EQ(again, laws);
    }
}

TEST(LiveStudy, CancelledWorkEndsAndLeavesNothingWrong) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5"});
    int calls = 0;
    const auto result = live.evaluate(study, 0, {.cancelled = [&] { return ++calls > 6; }});
    EXPECT_TRUE(result.cancelled);
    EXPECT_LT(calls, 30);
    expect_same(evaluate(live, study), expected(study));
}

TEST(LiveStudy, LongStringsAndLongPromptsAfterShortOnes) {  // which the tiled kernel may read
    LiveStudy live(kOneThread);
    Study study = tiny_study({"sad=steer:" + path("vector.gguf") + ":0.1"});
    expect_same(evaluate(live, study), expected(study));
    study.tokens = 90;
    expect_same(evaluate(live, study), expected(study));
    std::string prompt = "the house";
    for (int i = 0; i < 80; ++i) {
        prompt += i % 3 == 0 ? " of the king" : " and the garden";
    }
    study.tokens = 8;
    study.prompts = {prompt.substr(0, 150)};
    expect_same(evaluate(live, study), expected(study));
    study.worlds = {parse_world("sad=steer:" + path("vector.gguf") + ":0.2")};
    expect_same(evaluate(live, study), expected(study));
}

TEST(LiveStudy, SaysWhatARunSaysOfItsWorlds) {
    LiveStudy live(kOneThread);
    const auto same = evaluate(live, tiny_study({"same=steer:" + path("vector.gguf") + ":0"}));
    EXPECT_THAT(same.result.warnings, ElementsAre("world 'same' acted and changed no logit"));
    EXPECT_THAT(evaluate(live, tiny_study({"hot=temp:1.5"})).result.warnings, IsEmpty());
    EXPECT_ERROR(evaluate(live, tiny_study({"late=do:8:\" the\""})), "do: within");
}

TEST(LiveStudy, AStudyThatCannotBeOpenedLeavesWhatIsKept) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5"});
    (void)evaluate(live, study);
    EXPECT_ERROR(live.evaluate(tiny_study({"sad=steer:" + path("a.gguf")}), 0), "a.gguf");
    const auto again = evaluate(live, study);
    EXPECT_THAT(again.result.kept, ElementsAre("hot"));
    expect_same(again, expected(study));
}

TEST(LiveStudy, KeepsNoMoreBytesThanItMay) {
    LiveStudy live(kOneThread, std::make_shared<LiveKept>(20'000));
    std::vector<std::string> kept;
    for (const char* temperature : {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8"}) {
        const Study study = tiny_study({std::string("hot=temp:") + temperature});
        const auto heard = evaluate(live, study);
        EXPECT_EQ(heard.grown.count("factual 1"), kept.empty() ? 1U : 0U) << "factual ones stay";
        kept.emplace_back(temperature);
    }
    const auto last = evaluate(live, tiny_study({"hot=temp:1.8"}));
    EXPECT_THAT(last.result.kept, ElementsAre("hot"));
    const auto first = evaluate(live, tiny_study({"hot=temp:1.1"}));
    EXPECT_THAT(first.result.evaluated, ElementsAre("hot")) << "gone";
}

TEST(LiveStudy, AnotherEndOfThePromptReadsThatEnd) {
    LiveStudy live(kOneThread);
    Study study = tiny_study({"hot=temp:1.5", "sad=steer:" + path("vector.gguf") + ":1.5"});
    const std::string start = "a queen in the winter evening, and the king of the old city";
    study.prompts = {start + " was"};
    expect_same(evaluate(live, study), expected(study));
    for (const char* end : {" had", " had a crown", ""}) {
        study.prompts = {start + end};
        const auto heard = evaluate(live, study);
        expect_same(heard, expected(study));
        EXPECT_THAT(heard.result.evaluated, ElementsAre("hot", "sad"));
        EXPECT_GT(heard.result.prompt_rows_kept, 30) << end;
    }
    study.worlds = {parse_world("hot=temp:1.4")};  // the same network: no row of the prompt
    const auto heard = evaluate(live, study);
    expect_same(heard, expected(study));
    EXPECT_GT(heard.result.prompt_rows_kept, 10);
    study.worlds = {parse_world("sad=steer:" + path("vector.gguf") + ":1.4")};  // another one
    expect_same(evaluate(live, study), expected(study));
}

TEST(LiveStudy, OthersTakeOverWhatItKept) {
    const auto kept = std::make_shared<LiveKept>(std::size_t{256} << 20U);
    LiveStudy first(kOneThread, kept);
    LiveStudy second(kOneThread, kept);
    const Study study = tiny_study({"hot=temp:1.5"});
    const auto heard = evaluate(first, study);
    const auto again = evaluate(second, study);
    EXPECT_THAT(again.result.kept, ElementsAre("hot"));
    expect_same(again, heard);
    EXPECT_LE(kept->values->bytes(), kept->values->most());
}

TEST(LiveStudy, AFileThatWasWrittenAnewIsAnother) {
    const auto copy = [](const std::string& from, const std::string& to) {
        std::filesystem::copy_file(path(from), to + ".new",
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::rename(to + ".new", to);
    };
    const std::string vector = path("changing.gguf");
    copy("vector.gguf", vector);
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"sad=steer:" + vector + ":1.5", "hot=temp:1.5"});
    const auto before = evaluate(live, study);
    EXPECT_THAT(evaluate(live, study).result.kept, ElementsAre("sad", "hot"));
    copy("vector2.gguf", vector);
    const auto after = evaluate(live, study);
    EXPECT_THAT(after.result.evaluated, ElementsAre("sad"));
    expect_same(after, expected(study));
    EXPECT_NE(after.laws, before.laws);
}

TEST(LiveStudy, SweepsAndThresholdsAreThoseOfLaw) {
    LiveStudy live(kOneThread);
    std::vector<std::string> notes;
    const LiveEvents events{.note = [&](const std::string& line) { notes.push_back(line); }};
    const Study study = tiny_study({"sad=steer:" + path("vector.gguf") + ":1.5", "hot=temp:1.5"});
    const auto told = [](auto table) { return to_json(table); };
    Study draws = study;
    draws.samples = 3;
    const std::string sweep = "sad.scale=0:2:0.5";
    auto swept = open_law(draws, {.sweep = sweep}, kOneThread);
    EXPECT_EQ(told(live.sweep(study, 2, sweep, events)), told(law_sweep(swept)));
    const std::string threshold = "sad.scale=0:4";
    auto opened = open_law(draws, {.threshold = threshold}, kOneThread);
    auto all = law_threshold(opened);
    const auto third = live.threshold(study, 2, threshold, events);
    std::erase_if(all.strings, [](const auto& one) { return one.sample != 2; });
    EXPECT_EQ(third.strings.size(), 2U) << "of this sample alone";
    EXPECT_EQ(told(third), told(all));
    EXPECT_ERROR(live.sweep(study, 0, "none.scale=0:1:1"), "none");
}

TEST(LiveStudy, ATokenIsWhatLawAtSays) {
    LiveStudy live(kOneThread);
    const Study study = tiny_study({"hot=temp:1.5", "sad=steer:" + path("vector.gguf") + ":1.5"});
    auto opened = open_law(study, {.law_at = "2:3", .top = 5}, kOneThread);
    EXPECT_EQ(to_json(live.token(study, 0, "2", 3, 5)), to_json(law_of_token(opened)));
    EXPECT_ERROR(live.token(study, 0, "3", 3, 5), "a string of the study");
    EXPECT_ERROR(live.token(study, 0, "2", 8, 5), "a position within");
}

}  // namespace
}  // namespace otherwise
