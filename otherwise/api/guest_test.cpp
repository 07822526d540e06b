// needs: llama
// Covers also: guest_run.cpp, guest_head.cpp, run_steps.cpp
#include "otherwise/api/guest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "otherwise/base/hash.h"
#include "otherwise/generate/run.h"
#include "otherwise/study/run_reader.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"
#include "tests/support/stub_evaluator.h"

namespace otherwise {
namespace {

using test::StubEvaluator;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Shape one_row_shape() {
    Shape shape = test::stub_shape(4, 1);
    shape.max_stream_rows = 32;
    return shape;
}

/// A study of stubs: another network, the factual one under another temperature, the null world.
struct Scenery {
    StubEvaluator factual{one_row_shape()};
    StubEvaluator other{one_row_shape(), {.salt = 1, .strength = 0.3F}};
    StubEvaluator null{one_row_shape()};

    [[nodiscard]] GuestStudy guest(int strings = 6) {
        GuestStudy guest{.study = {.seed = 3, .samples = 2, .tokens = 12},
                         .engine = "stub",
                         .factual = {.name = "stub-model", .identity = "a", .evaluator = &factual}};
        guest.study.null_strings = FloorStrings::all;
        guest.study.nudge_strings = FloorStrings::none;
        guest.worlds = {{.name = "other", .identity = "b", .evaluator = &other},
                        {.name = "hot", .mechanism = {.temperature = 2.0F}},
                        {.name = "null", .evaluator = &null, .role = WorldRole::null}};
        for (int k = 0; k < test::kStubVocabulary; ++k) {
            const bool ends = test::stub_ends()[static_cast<std::size_t>(k)];
            guest.vocabulary.names.push_back("<" + std::to_string(k) + ">");
            guest.vocabulary.pieces.push_back(ends ? "" : guest.vocabulary.names.back());
            guest.vocabulary.ends.push_back(ends);
        }
        for (int i = 0; i < strings; ++i) {
            Subject subject;
            subject.id = "s" + std::to_string(i);
            subject.noise = hash64(subject.id);
            subject.prompt = "p" + std::to_string(i);
            guest.subjects.push_back(subject);
            guest.prompts.push_back(Tokens(static_cast<std::size_t>(2 + i % 3), 10 + i));
        }
        return guest;
    }
};

std::vector<std::string> lines_of(const OpenedGuests& opened, const RunFile& file = {},
                                  std::size_t most = 0) {
    std::vector<std::string> lines;
    (void)run(opened,
              {.on_pair =
                   [&](const Pair& pair) { lines.push_back(to_jsonl(pair, opened.context(pair))); },
               .cancelled = [&] { return most > 0 && lines.size() >= most; }},
              file);
    return lines;
}

TEST(Guest, RunsAreThoseOfAnyStudy) {
    Scenery scenery;
    const OpenedGuests opened(scenery.guest(), {.threads = 1});
    std::vector<Pair> pairs;
    const auto result = run(opened, {.on_pair = [&](const Pair& pair) { pairs.push_back(pair); }});
    EXPECT_EQ(result.model, "stub-model");
    ASSERT_EQ(result.worlds.size(), 3U);
    EXPECT_EQ(result.worlds[0].world, "other");
    EXPECT_GT(result.worlds[0].summary.strings, result.worlds[0].summary.unchanged);
    EXPECT_GT(result.worlds[1].summary.strings, result.worlds[1].summary.unchanged);
    EXPECT_EQ(result.worlds[2].summary.unchanged, 12);
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_FALSE(result.fault);
    const auto json = nlohmann::json::parse(lines_of(opened).front());
    EXPECT_EQ(json["string"], "s0");
    EXPECT_THAT(json["factual"]["text"].get<std::string>(), HasSubstr("<"));

    // The very pairs of the engine on the same evaluators.
    std::vector<Pair> direct;
    const Scene& scene = opened.scene();
    (void)run_worlds(scene.subjects, scene.factual, scene.worlds, scene.options,
                     {.on_pair = [&](const Pair& pair) { direct.push_back(pair); }});
    ASSERT_EQ(direct.size(), pairs.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        EXPECT_EQ(direct[i].counterfactual.tokens, pairs[i].counterfactual.tokens);
    }
}

TEST(Guest, AFileInPiecesIsTheRunInOne) {
    const TemporaryFolder folder;
    const auto path = (folder / "run.db").string();
    Scenery scenery;
    const OpenedGuests opened(scenery.guest(40), {.threads = 1});
    const auto whole = lines_of(opened);
    auto lines = lines_of(opened, {.path = path}, 30);
    ASSERT_LT(lines.size(), whole.size());
    EXPECT_ERROR(stored_study(path), "evaluated by its caller");
    EXPECT_ERROR(lines_of(opened, {.path = path}), "there already");
    (void)lines_of(opened, {.path = path, .resume = true});

    const RunReader run(path);
    std::vector<std::string> stored;
    run.each_pair(
        [&](const Pair& pair) { stored.push_back(to_jsonl(pair, opened.context(pair))); });
    EXPECT_EQ(stored, whole);
    EXPECT_TRUE(run.finished());
    EXPECT_EQ(run.head().model, "stub-model");
    EXPECT_EQ(stored_result(path).worlds.size(), 3U);
    const NullFloor floor = null_floor(path);
    EXPECT_EQ(floor.strings, 80);
    EXPECT_EQ(floor.diverged, 0);
}

TEST(Guest, ARunGoesOnWithItsOwnWorldsOnly) {
    const TemporaryFolder folder;
    const auto path = (folder / "run.db").string();
    Scenery scenery;
    (void)lines_of(OpenedGuests(scenery.guest(40), {.threads = 1}), {.path = path}, 30);
    const auto resume = [&](const GuestStudy& guest) {
        (void)lines_of(OpenedGuests(guest, {.threads = 1}), {.path = path, .resume = true});
    };
    auto guest = scenery.guest(40);
    guest.worlds[0].identity = "c";
    EXPECT_ERROR(resume(guest), "guests.\"other\" = \"c\"");
    guest = scenery.guest(40);
    guest.factual.identity = "c";
    EXPECT_ERROR(resume(guest), "guests.factual");
    guest = scenery.guest(40);
    guest.worlds[1].mechanism.temperature = 1.5F;
    EXPECT_ERROR(resume(guest), "temp 1.5");
    guest = scenery.guest(40);
    guest.engine = "another";
    EXPECT_ERROR(resume(guest), "engine");
    EXPECT_NO_THROW(resume(scenery.guest(40)));
}

TEST(Guest, ANullWorldThatDivergesIsSaidWithItsMargins) {
    const TemporaryFolder folder;
    const auto path = (folder / "run.db").string();
    Scenery scenery;
    auto guest = scenery.guest();
    StubEvaluator noisy(one_row_shape(), {.salt = 9, .strength = 0.05F});
    guest.worlds[2].evaluator = &noisy;
    const OpenedGuests opened(std::move(guest), {.threads = 1});
    const auto result = run(opened, {}, {.path = path});
    const NullFloor floor = null_floor(path);
    EXPECT_GT(floor.diverged, 0);
    EXPECT_GT(floor.margin, 0.0);
    EXPECT_LT(floor.margin, 0.2);
    EXPECT_THAT(result.warnings, testing::Contains(HasSubstr("null world diverged")));
}

TEST(Guest, WorldsThatChangeNoLogitAreSaid) {
    Scenery scenery;
    auto guest = scenery.guest();
    StubEvaluator same(one_row_shape());
    guest.worlds[0].evaluator = &same;
    const OpenedGuests opened(std::move(guest), {.threads = 1});
    EXPECT_THAT(run(opened).warnings, ElementsAre("world 'other' acted and changed no logit"));
}

TEST(Guest, LawsAreThoseOfTheRun) {
    const TemporaryFolder folder;
    const auto path = (folder / "run.db").string();
    Scenery scenery;
    const OpenedGuests opened(scenery.guest(), {.threads = 1});
    std::vector<StringLaw> laws;
    const auto table =
        law_table(opened, true, {.on_string = [&](const StringLaw& law) { laws.push_back(law); }});
    (void)run(opened, {}, {.path = path});
    std::size_t next = 0;
    RunReader(path).each_law([&](const StringLaw& law) {
        ASSERT_LT(next, laws.size());
        EXPECT_EQ(law.prefix.unchanged, laws[next++].prefix.unchanged);
    });
    EXPECT_EQ(next, laws.size());
    ASSERT_EQ(table.worlds.size(), 3U);
    EXPECT_LT(table.worlds[0].summary.unchanged.value, 1.0);
    EXPECT_TRUE(is_floor(table.worlds[2]));
    EXPECT_EQ(nlohmann::json::parse(to_json(table))["model"], "stub-model");
}

TEST(Guest, WhatMakesNoSenseIsRefused) {
    Scenery scenery;
    const auto refused = [&](const auto& change, const std::string& what) {
        auto guest = scenery.guest();
        change(guest);
        EXPECT_ERROR(OpenedGuests(std::move(guest), {}), what);
    };
    refused([](GuestStudy& guest) { guest.study.chat = true; }, "chat");
    refused([](GuestStudy& guest) { guest.study.nudge_strings = FloorStrings::some; }, "nudge");
    refused([](GuestStudy& guest) { guest.worlds.clear(); }, "a world to compare with");
    refused([](GuestStudy& guest) { guest.factual.evaluator = nullptr; }, "an evaluator");
    refused([](GuestStudy& guest) { guest.vocabulary.pieces.pop_back(); }, "97 tokens");
    refused([](GuestStudy& guest) { guest.prompts[1] = {97}; }, "97 in the prompt of string 's1'");
    refused([](GuestStudy& guest) { guest.prompts[1].clear(); }, "an empty one of string 's1'");
    refused([](GuestStudy& guest) { guest.subjects[0].observed = Tokens{-1}; }, "-1 in the text");
    refused([](GuestStudy& guest) { guest.subjects.clear(); }, "strings to run on");
    Shape small = one_row_shape();
    small.n_vocab = 5;
    StubEvaluator two(small);
    refused([&](GuestStudy& guest) { guest.worlds[0].evaluator = &two; },
            "world 'other' with the factual vocabulary of 97 tokens, got 5");
}

}  // namespace
}  // namespace otherwise
