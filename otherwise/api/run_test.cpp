// needs: llama
#include "otherwise/api/run.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "otherwise/study/saved_study.h"
#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"

namespace otherwise {
namespace {

using test::TemporaryFolder;

/// Short strings without probes: a run takes a moment.
Study short_study() {
    Study study{.model = test::derived_model("Q4_0").string(),
                .fast = true,
                .prompts = {"The Louvre is in", "In the spring of 1911", "My dog", "Once"},
                .seed = 3,
                .tokens = 6};
    study.null_strings = FloorStrings::all;
    study.nudge_strings = FloorStrings::none;
    study.worlds = {parse_world("hot=temp:1.5"), parse_world("prefix=prefix:Hm. ")};
    return study;
}

const Work kWork{.threads = 1, .parallel = 4};

struct Collected {
    std::vector<std::string> lines;
    RunResult result;
};

Collected collect(const Study& study, const RunFile& file = {}, int stop = 0) {
    auto opened = open(study, kWork);
    Collected collected;
    collected.result = run(
        opened,
        {.on_pair =
             [&](const Pair& pair) {
                 collected.lines.push_back(to_jsonl(pair, opened.context(pair)));
             },
         .cancelled = [&] { return stop > 0 && static_cast<int>(collected.lines.size()) >= stop; }},
        file);
    return collected;
}

std::vector<std::string> lines_of(const std::string& command) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"),
                                                               ::pclose);
    std::string all;
    std::array<char, 4096> bytes{};
    while (const auto n = std::fread(bytes.data(), 1, bytes.size(), pipe.get())) {
        all.append(bytes.data(), n);
    }
    std::vector<std::string> lines;
    for (std::size_t from = 0; from < all.size();) {
        const auto end = all.find('\n', from);
        lines.push_back(all.substr(from, end - from));
        from = end + 1;
    }
    return lines;
}

TEST(Run, GivesWhatTheCommandPrints) {
    const TemporaryFolder folder;
    const auto study = short_study();
    save_study(study, (folder / "study.toml").string());
    const std::string command = std::string(OTHERWISE_COMMAND) + " run " +
                                (folder / "study.toml").string() + " -t 1 -np 4 2>/dev/null ";
    const auto collected = collect(study);
    EXPECT_EQ(collected.lines, lines_of(command + "--jsonl -"));
    EXPECT_EQ(collected.lines.size(), 12U);

    auto ours = nlohmann::json::parse(to_json(collected.result));
    std::string theirs;
    for (const auto& line : lines_of(command + "--json")) {
        theirs += line;
    }
    auto command_json = nlohmann::json::parse(theirs);
    for (auto* json : {&ours, &command_json}) {
        for (const char* time : {"seconds", "seconds_in_llama", "seconds_in_hooks"}) {
            json->erase(time);
        }
    }
    EXPECT_EQ(ours, command_json);
}

TEST(Run, SaysHowFarItIsAndEndsWhenAsked) {
    auto opened = open(short_study(), kWork);
    long last = 0;
    long total = 0;
    const auto whole = run(opened, {.on_progress = [&](long done, long all) {
                               EXPECT_GE(done, last);
                               last = done;
                               total = all;
                           }});
    EXPECT_EQ(last, 12);
    EXPECT_EQ(total, 12);
    EXPECT_FALSE(whole.cancelled);

    const auto none = run(opened, {.cancelled = [] { return true; }});
    EXPECT_TRUE(none.cancelled);
    EXPECT_EQ(none.strings, 0);

    EXPECT_THROW((void)run(opened, {.on_pair = [](const Pair&) { throw std::bad_alloc(); }}),
                 std::bad_alloc);
    EXPECT_EQ(run(opened).worlds[0].summary, whole.worlds[0].summary);  // the study is as before
}

TEST(Run, AFileInPiecesIsTheRunInOne) {
    const TemporaryFolder folder;
    const auto file = (folder / "run.db").string();
    const Study study = short_study();
    const auto whole = collect(study);
    auto part = collect(study, {.path = file}, 4);
    ASSERT_TRUE(part.result.cancelled);
    EXPECT_FALSE(has_all(file, stored_study(file)));
    EXPECT_ERROR(collect(study, {.path = file}), "which is there already");

    const Study stored = stored_study(file);
    const auto rest = collect(stored, {.path = file, .resume = true});
    EXPECT_GT(rest.result.strings_before, 0);
    part.lines.resize(part.lines.size() - part.lines.size() % 3);  // of whole strings
    part.lines.insert(part.lines.end(), rest.lines.begin(), rest.lines.end());
    EXPECT_EQ(part.lines, whole.lines);
    EXPECT_TRUE(has_all(file, stored));

    const auto read = stored_result(file);
    EXPECT_EQ(read.strings, 4);
    ASSERT_EQ(read.worlds.size(), 3U);
    for (std::size_t w = 0; w < 3; ++w) {
        EXPECT_EQ(read.worlds[w].summary, whole.result.worlds[w].summary);
        EXPECT_EQ(rest.result.worlds[w].summary, whole.result.worlds[w].summary);
    }
    EXPECT_EQ(rest.result.worlds[0].measures->pairs, 4);

    Study other = stored;
    other.seed = 4;
    EXPECT_FALSE(has_all(file, other));
    EXPECT_ERROR(collect(other, {.path = file, .resume = true}), "seed");
}

TEST(Run, AShardHasItsPart) {
    const TemporaryFolder folder;
    const auto file = (folder / "part.db").string();
    const auto part = collect(short_study(), {.path = file, .shard = {.index = 2, .count = 3}});
    EXPECT_EQ(part.result.strings, 1);
    EXPECT_EQ(part.lines.size(), 3U);
}

TEST(Run, WhereNoStringCouldBeWrittenIsAFault) {
    Study study = short_study();
    study.prompts.clear();
    study.strings = {{.id = "odd", .prompt = "The Louvre is in", .text = " zebra zebra"}};
    study.mechanism.top_k = 1;
    study.skip_impossible = true;
    const auto result = collect(study).result;
    EXPECT_EQ(result.skipped, std::vector<std::string>{"odd"});
    EXPECT_ERROR(result.require_sound(), "at least one observed string");
    EXPECT_NO_THROW(collect(short_study()).result.require_sound());
}

TEST(Run, TwoStudiesAtOnceDisturbEachOtherInNothing) {
    Study other = short_study();
    other.seed = 8;
    other.worlds = {parse_world("cold=temp:0.4")};
    const auto alone = collect(short_study()).lines;
    const auto other_alone = collect(other).lines;
    std::vector<std::string> together;
    std::vector<std::string> other_together;
    std::thread first([&] { together = collect(short_study()).lines; });
    std::thread second([&] { other_together = collect(other).lines; });
    first.join();
    second.join();
    EXPECT_EQ(together, alone);
    EXPECT_EQ(other_together, other_alone);
    EXPECT_NE(alone, other_alone);
}

}  // namespace
}  // namespace otherwise
