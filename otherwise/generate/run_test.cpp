// Whatever it runs on, a run yields what a loop that writes one string at a time yields.
// Covers also: writer_text.cpp (observed texts through the tiled kernel).
#include "otherwise/generate/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Bench;
using test::ideal_rows;
using test::line_of;
using test::Machine;
using test::run_on;
using test::Scene;
using test::StubWorld;

constexpr float kSlight = 0.4F;  // nats: leaves about nine tokens in ten as they are

StubWorld null_world(const Scene& scene) {
    return {.name = "null",
            .model = scene.factual.model,
            .rules = scene.factual.rules,
            .role = WorldRole::null,
            .expect_same = true};
}

/// Sampled and observed strings of prompts short and long, and every kind of world.
Scene full_scene(int samples) {
    Scene scene;
    scene.options = {.seed = 11, .samples = samples, .tokens = 12};
    add_unlike_subjects(scene, 20);
    scene.worlds = {
        {.name = "slight", .model = {.salt = 1, .strength = kSlight}},
        {.name = "scoped", .model = {.salt = 2, .strength = kSlight, .sees_scope = true}},
        {.name = "forced",
         .model = {.salt = 3, .strength = kSlight},
         .rules = {.forced = {{0, 33}, {4, 8}, {5, 9}}, .forbidden = {1, 2, 3}}},
        {.name = "prompt", .prefix = {7, 8, 9}},
        {.name = "nudge", .model = {.salt = 4, .strength = kSlight}, .role = WorldRole::nudge},
        null_world(scene),
    };
    return scene;
}

/// Strings of 25 tokens that never end early, in a world of slight change and the null world.
Scene endless_scene(int strings, int prompt, int observed) {
    Scene scene;
    scene.options = {.seed = 5, .samples = 1, .tokens = 25};
    scene.factual.model.end_logit = -50.0F;
    for (int i = 0; i < strings; ++i) {
        add_subject(scene, "s" + std::to_string(i), prompt, observed);
    }
    auto moved = scene.factual.model;
    moved.salt = 1;
    moved.strength = 0.15F;
    scene.worlds = {{.name = "slight", .model = moved}, null_world(scene)};
    scene.null_strings.assign(scene.subjects.size(), true);
    return scene;
}

Scene with_mechanism(Scene scene, const Mechanism& mechanism) {
    const Scene before = scene;
    scene.subjects.clear();
    scene.prompts.clear();
    scene.factual.rules.mechanism = mechanism;
    for (std::size_t i = 0; i < before.subjects.size(); ++i) {  // observed under this mechanism
        const auto& observed = before.subjects[i].observed;
        add_subject(scene, before.subjects[i].id, static_cast<int>(before.prompts[i]->size()),
                    observed ? static_cast<int>(observed->size()) + 1 : 0);
    }
    for (auto& world : scene.worlds) {
        world.rules.mechanism = mechanism;
    }
    return scene;
}

void expect_plain(const Scene& scene, const Machine& machine) {
    const auto plain = plain_run(scene);
    EXPECT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
}

/// A table of machines in which every two settings of two columns meet.
std::vector<Machine> machines() {
    std::vector<Machine> all;
    int turn = 0;
    for (const int parallel : {1, 2, 3, 8, 33}) {
        for (const int min_rows : {1, 2, 8}) {
            for (const bool can_trim : {true, false}) {
                for (const bool scoped : {false, true}) {
                    all.push_back({.parallel = parallel,
                                   .threads = turn % 20 == 0 ? 2 : 1,
                                   .max_rows = turn % 2 == 0 ? 512 : 70,
                                   .min_rows = min_rows,
                                   .can_trim = can_trim,
                                   .scoped_calls = scoped});
                    turn += 3;
                }
                ++turn;
            }
        }
    }
    return all;
}

TEST(Run, IsThePlainLoopOnEveryMachine) {
    for (const int samples : {1, 3}) {
        const Scene scene = full_scene(samples);
        const auto plain = plain_run(scene);
        for (const auto& machine : machines()) {
            ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
        }
    }
}

/// The scene where the rows of long prompts go through another kernel, whose bits differ.
Scene with_tiles(Scene scene) {
    constexpr int kTile = 64;
    scene.factual.model.tile_rows = kTile;
    for (auto& world : scene.worlds) {
        world.model.tile_rows = kTile;
    }
    return scene;
}

TEST(Run, LongPromptsGoThroughTheOtherKernelWhateverTheirCompany) {
    for (const int samples : {1, 3}) {
        const Scene scene = with_tiles(full_scene(samples));
        const auto plain = plain_run(scene);
        EXPECT_NE(plain, plain_run(full_scene(samples)));  // the control: its bits are seen
        for (auto machine : machines()) {
            machine.tile_rows = 64;
            machine.max_rows = machine.max_rows == 70 ? 128 : machine.max_rows;
            ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
        }
    }
}

/// Observed texts on both sides of the border, with every kind of world and fresh noise.
Scene scene_of_long_texts(int samples, float strength) {
    Scene scene;
    scene.options = {.seed = 11, .samples = samples, .tokens = 12, .tiled_texts = true};
    scene.options.independent = true;
    scene.factual.model.sees_scope = true;
    scene.factual.model.end_logit = -50.0F;  // the texts have their length
    const int texts[] = {63, 0, 64, 65, 127, 128, 1, 150, 100, 64};
    const int prompts[] = {3, 64, 1, 130, 63, 64, 65, 5, 66, 2};
    for (int i = 0; i < std::ssize(texts); ++i) {
        add_subject(scene, "s" + std::to_string(i), prompts[i], texts[i]);
        scene.null_strings.push_back(i % 4 != 0);
    }
    scene.factual.model.end_logit = -1.5F;
    const auto moved = [&](std::uint64_t salt) {
        auto model = scene.factual.model;
        model.salt = salt;
        model.strength = strength;
        return model;
    };
    const auto& like = scene.factual.model;
    scene.worlds = {
        {.name = "slight", .model = moved(1)},
        {.name = "forced", .model = moved(3), .rules = {.forced = {{0, 33}, {70, 8}, {71, 9}}}},
        {.name = "late", .model = moved(3), .rules = {.forced = {{40, 12}}}},
        {.name = "prompt", .model = like, .prefix = {7, 8, 9}},
        {.name = "hot",
         .model = like,
         .rules = {.mechanism = {.temperature = 1.3F}},
         .shares = true},
        {.name = "near", .model = like, .rules = {.mechanism = {.temperature = 1.02F}}},
        {.name = "nudge", .model = moved(4), .role = WorldRole::nudge},
        null_world(scene),
    };
    for (std::size_t i = 0; i < scene.subjects.size(); ++i) {  // do what the text says goes along
        const auto& text = scene.subjects[i].observed;
        if (text && text->size() > 100) {
            scene.worlds[2].rules.forced[100] = (*text)[100];
        }
    }
    return scene;
}

TEST(Run, LongTextsGoThroughTheOtherKernelUpToTheDivergence) {
    constexpr int kTile = 64;
    for (const auto& [strength, samples] : {std::pair(0.02F, 3), std::pair(kSlight, 1)}) {
        auto scene = with_tiles(scene_of_long_texts(samples, strength));
        const auto plain = plain_run(scene);
        scene.options.tiled_texts = false;
        const auto without = plain_run(scene);
        EXPECT_NE(plain, without);  // the control: its bits are seen
        for (auto machine : machines()) {
            if (!machine.can_trim && machine.parallel != 3) {
                continue;  // rows one by one: slow
            }
            machine.tile_rows = kTile;
            machine.max_rows = machine.max_rows == 70 ? 128 : machine.max_rows;
            scene.options.tiled_texts = true;
            ASSERT_EQ(run_on(scene, machine).lines(), machine.can_trim ? plain : without)
                << machine.name();
        }
    }
}

TEST(Run, LongTextsAreReadOnceAndLittleOfThemInVain) {
    constexpr int kText = 200;
    constexpr int kTile = 64;
    constexpr int kStrings = 12;
    auto scene = with_tiles(endless_scene(kStrings, 7, kText));
    scene.options.tiled_texts = true;
    const long whole = long{kStrings} * (7 + kText - 1);
    const auto outcome = run_on(scene, {.parallel = 4, .tile_rows = kTile});
    EXPECT_EQ(outcome.report.factual.needed, whole);
    EXPECT_LE(outcome.factual_rows, whole * 11 / 10);
    EXPECT_EQ(outcome.report.worlds[1].needed, whole);  // the null world
    EXPECT_LE(outcome.world_rows[1], whole * 11 / 10);
    EXPECT_LE(outcome.report.worlds[1].calls, 12);
    // Of the world that leaves its texts, a call of the least rows each was in vain at most, and as
    // many of padding and of companions.
    EXPECT_EQ(outcome.report.worlds[0].needed, whole);
    EXPECT_GT(outcome.world_rows[0], whole);
    EXPECT_LE(outcome.world_rows[0], whole + long{kStrings} * 2 * kTile);
}

/// Whether a world goes along with the factual rows depends on other strings too.
TEST(Run, LongTextsAreTheSameInWorldsWithoutAContext) {
    for (const bool stop : {false, true}) {
        auto scene = with_tiles(scene_of_long_texts(2, kSlight));
        scene.options.stop_at_divergence = stop;
        const Machine machine{.parallel = 5, .tile_rows = 64};
        const auto led = run_on(scene, machine).lines();
        scene.worlds[4].shares = false;
        EXPECT_EQ(run_on(scene, machine).lines(), led);
        EXPECT_EQ(plain_run(scene), led);
    }
}

TEST(Run, WhatPromptsShareIsReadOnce) {
    constexpr int kStrings = 30;
    Scene scene;
    scene.options = {.seed = 3, .tokens = 6};
    for (int i = 0; i < kStrings; ++i) {
        add_subject(scene, "s" + std::to_string(i), 20, i % 3 == 0 ? 6 : 0);
        Tokens prompt = test::some_tokens(77, 150);
        prompt.insert(prompt.end(), scene.prompts.back()->begin(), scene.prompts.back()->end());
        prompt.resize(prompt.size() + static_cast<std::size_t>(i % 2) * 60, 9);
        scene.prompts.back() = std::make_shared<const Tokens>(std::move(prompt));
        scene.null_strings.push_back(true);
    }
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = kSlight}},
                    {.name = "prompt", .prefix = {7, 8, 9}},
                    null_world(scene)};
    scene = with_tiles(std::move(scene));
    const auto plain = plain_run(scene);
    long alone = 0;
    for (const auto& prompt : scene.prompts) {
        alone += static_cast<long>(prompt->size());
    }
    for (const int parallel : {3, 8, 40}) {
        Bench bench(scene, {.parallel = parallel, .max_rows = 256, .tile_rows = 64});
        const auto outcome = bench.run();
        EXPECT_EQ(outcome.lines(), plain) << parallel;
        EXPECT_LT(outcome.world_rows[0], alone * 2 / 3) << parallel;
        EXPECT_EQ(bench.run().lines(), plain) << parallel;  // a run leaves no start behind
    }
}

TEST(Run, StartsThatGrowAreSharedAsFarAsEachGoes) {
    Scene scene;
    scene.options = {.seed = 4, .tokens = 4};
    const Tokens common = test::some_tokens(55, 240);
    const std::pair<int, int> prompts[] = {{90, 80}, {90, 81}, {120, 70}, {190, 20},
                                           {235, 5}, {90, 80}, {235, 5},  {70, 100}};
    for (int i = 0; i < std::ssize(prompts); ++i) {  // of the common start, and of its own
        const auto& [shared, own] = prompts[i];
        add_subject(scene, "s" + std::to_string(i), own);
        Tokens prompt(common.begin(), common.begin() + shared);
        prompt.insert(prompt.end(), scene.prompts.back()->begin(), scene.prompts.back()->end());
        scene.prompts.back() = std::make_shared<const Tokens>(std::move(prompt));
        scene.null_strings.push_back(true);
    }
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = kSlight}},
                    null_world(scene)};
    scene = with_tiles(std::move(scene));
    const auto plain = plain_run(scene);
    for (const int parallel : {2, 3, 5, 8}) {
        const auto outcome =
            run_on(scene, {.parallel = parallel, .max_rows = 128, .tile_rows = 64});
        EXPECT_EQ(outcome.lines(), plain) << parallel;
    }
}

TEST(Run, IsThePlainLoopForManySamples) {
    Scene scene = full_scene(16);
    scene.options.independent = true;
    const auto plain = plain_run(scene);
    for (const int parallel : {3, 8, 16, 33}) {
        const Machine machine{.parallel = parallel, .max_rows = 96};
        ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
    }
}

TEST(Run, AnotherNoiseOrWorldIsSeen) {  // the control of the comparisons above
    const Scene scene = full_scene(3);
    const auto plain = plain_run(scene);
    Scene other = scene;
    other.options.seed += 1;
    EXPECT_NE(run_on(other, {}).lines(), plain);
    other = scene;
    other.worlds[0].model.strength = std::nextafter(kSlight, 1.0F);  // at least a margin moves
    EXPECT_NE(run_on(other, {}).lines(), plain);
}

TEST(Run, IsThePlainLoopUnderMechanisms) {
    const Mechanism mechanisms[] = {{.top_k = 5},
                                    {.temperature = 0.6F, .top_p = 0.7F},
                                    {.temperature = 1.4F, .min_p = 0.1F},
                                    {.temperature = 0.0F}};
    for (const auto& mechanism : mechanisms) {
        Scene scene = with_mechanism(full_scene(2), mechanism);
        scene.worlds[1].rules.mechanism = {};  // and one world of another mechanism
        for (const int parallel : {1, 8}) {
            expect_plain(scene, {.parallel = parallel, .max_rows = 128});
        }
    }
}

TEST(Run, StopsAtTheDivergence) {
    Scene scene = full_scene(3);
    scene.options.stop_at_divergence = true;
    scene.options.independent = true;  // which never stop there
    expect_plain(scene, {.parallel = 2});
    expect_plain(scene, {.parallel = 33, .can_trim = false});
    int stopped = 0;
    for (const Pair& pair : run_on(scene, {}).pairs) {
        const auto written = static_cast<int>(pair.counterfactual.tokens.size());
        if (!pair.independent && !pair.unchanged() &&
            pair.lcp + 1 < std::ssize(pair.factual->tokens)) {
            EXPECT_EQ(written, pair.lcp + 1);
            ++stopped;
        }
    }
    EXPECT_GT(stopped, 20);
}

TEST(Run, WritesOneTokenStrings) {
    Scene scene = full_scene(3);
    scene.options.tokens = 1;
    for (auto& subject : scene.subjects) {
        if (subject.observed) {
            subject.observed->resize(1);
        }
    }
    for (const bool can_trim : {true, false}) {
        for (const int min_rows : {1, 8}) {
            expect_plain(scene, {.parallel = 3, .min_rows = min_rows, .can_trim = can_trim});
        }
    }
}

TEST(Run, FillsStreamsToTheLastCell) {
    Scene scene = endless_scene(3, 231, 25);
    add_subject(scene, "sampled", 231);
    add_subject(scene, "too", 231);
    const auto plain = plain_run(scene);
    for (const int parallel : {1, 2, 5, 9}) {
        for (const int min_rows : {1, 2, 8}) {
            for (const bool can_trim : {true, false}) {
                const Machine machine{
                    .parallel = parallel, .min_rows = min_rows, .can_trim = can_trim};
                ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
            }
        }
    }
}

TEST(Run, OrderOfTheSubjectsChangesNothing) {
    const Scene scene = full_scene(2);
    Scene turned = scene;
    std::ranges::reverse(turned.subjects);
    std::ranges::reverse(turned.prompts);
    std::vector<bool> nulls(scene.null_strings.rbegin(), scene.null_strings.rend());
    turned.null_strings = nulls;
    // The prefix world goes by index; the number of subjects is odd, so the same ones get it.
    ASSERT_EQ(scene.subjects.size() % 2, 1U);
    const auto last = static_cast<int>(scene.subjects.size()) - 1;
    const auto forward = run_on(scene, {.parallel = 3}).pairs;
    auto backward = run_on(turned, {.parallel = 3}).pairs;
    ASSERT_EQ(forward.size(), backward.size());
    for (Pair& pair : backward) {
        pair.string = last - pair.string;
    }
    std::ranges::stable_sort(backward, {}, &Pair::string);
    for (std::size_t i = 0; i < forward.size(); ++i) {
        EXPECT_EQ(line_of(forward[i]), line_of(backward[i]));
    }
    const Scene alone{.subjects = {scene.subjects[4]},
                      .prompts = {scene.prompts[4]},
                      .factual = scene.factual,
                      .worlds = {scene.worlds[0]},
                      .options = scene.options};
    const auto single = run_on(alone, {.parallel = 1}).pairs;
    const auto same = std::ranges::find(forward, 4, &Pair::string);
    EXPECT_EQ(single.at(0).counterfactual.tokens, same->counterfactual.tokens);
}

TEST(Run, NullWorldNeverDiverges) {
    Scene scene = full_scene(4);
    scene.null_strings.assign(scene.subjects.size(), true);
    const auto divergences = [&] {
        std::map<bool, int> count;  // by whether it is the null world
        for (const Pair& pair : run_on(scene, {.parallel = 5}).pairs) {
            count[pair.role == WorldRole::null] += pair.unchanged() ? 0 : 1;
        }
        return count;
    };
    EXPECT_EQ(divergences()[true], 0);
    EXPECT_GT(divergences()[false], 50);
    scene.worlds.back().model = {.salt = 9,
                                 .strength = 0.05F};  // the control: not the factual world
    EXPECT_GT(divergences()[true], 0);
}

TEST(Run, FloorsRunOnTheirStringsAndNeverUnderFreshNoise) {
    Scene scene = full_scene(2);
    scene.options.independent = true;
    std::map<WorldRole, int> pairs;
    for (const Pair& pair : run_on(scene, {.parallel = 5}).pairs) {
        if (pair.role != WorldRole::change) {
            EXPECT_TRUE(scene.null_strings[static_cast<std::size_t>(pair.string)]);
            EXPECT_FALSE(pair.independent);
        }
        ++pairs[pair.role];
    }
    const auto chosen = static_cast<int>(std::ranges::count(scene.null_strings, true));
    EXPECT_EQ(pairs[WorldRole::nudge], 2 * chosen);
    EXPECT_EQ(pairs[WorldRole::null], 2 * chosen);
    EXPECT_EQ(pairs[WorldRole::change], 4 * 2 * 2 * static_cast<int>(scene.subjects.size()));
}

TEST(Run, PairsComeInOrder) {
    Scene scene = full_scene(3);
    scene.options.independent = true;
    const auto key = [](const Pair& pair) {
        return std::tuple(pair.string, pair.sample, pair.world, pair.independent);
    };
    const auto outcome = run_on(scene, {.parallel = 4});
    EXPECT_TRUE(std::ranges::is_sorted(outcome.pairs, {}, key));
    EXPECT_EQ(outcome.report.pairs, std::ssize(outcome.pairs));
    EXPECT_EQ(outcome.report.finished, std::ssize(outcome.pairs));
    EXPECT_EQ(outcome.report.strings, std::ssize(scene.subjects));
}

TEST(Run, SamplesOfObservedStringsShareRows) {
    Scene scene = endless_scene(6, 10, 25);
    const auto one = run_on(scene, {.parallel = 16});
    scene.options.samples = 16;
    const auto many = run_on(scene, {.parallel = 16});
    EXPECT_EQ(many.factual_rows, one.factual_rows);
    EXPECT_LE(many.world_rows[1], one.world_rows[1]);  // the null world: no sample costs a row
    EXPECT_LT(many.world_rows[0], 8 * one.world_rows[0]);
    scene.worlds[0].model.strength = 6.0F;  // the control: strings that share little share few rows
    EXPECT_GT(run_on(scene, {.parallel = 16}).world_rows[0], 8 * one.world_rows[0]);
}

TEST(Run, SampledStringsThatPartWaysAreVerifiedApart) {
    Scene scene = endless_scene(6, 10, 0);
    const auto one = run_on(scene, {.parallel = 16});
    scene.options.samples = 16;
    const auto many = run_on(scene, {.parallel = 16});
    const auto calls = [](const test::StubOutcome& outcome, std::size_t world) {
        return outcome.report.worlds[world].calls;
    };
    // One at a time would take 25 calls a string; drafts of each sample's own string take a few.
    EXPECT_LE(calls(many, 1), 6 * 8);
    EXPECT_GE(many.report.factual.calls, 6 * 25);  // the control: there is nothing to draft from
    EXPECT_LE(calls(one, 1), 2);
}

TEST(Run, EvaluatesLittleMoreThanNeeded) {
    const Scene scene = endless_scene(100, 12, 0);
    for (const int parallel : {8, 32}) {
        const auto outcome = run_on(scene, {.parallel = parallel});
        const auto ideal = [&](int world) {
            return static_cast<double>(ideal_rows(outcome.pairs, world, scene.prompts));
        };
        const auto rows = [&](std::size_t world) {
            return static_cast<double>(outcome.world_rows[world]);
        };
        EXPECT_LE(static_cast<double>(outcome.factual_rows), 1.1 * ideal(1)) << parallel;
        EXPECT_LE(rows(1), 1.1 * ideal(1)) << parallel;
        EXPECT_LE(rows(0), 1.2 * ideal(0)) << parallel;
        for (std::size_t world = 0; world < 2; ++world) {
            EXPECT_EQ(outcome.report.worlds[world].needed,
                      static_cast<long>(ideal(static_cast<int>(world))));
            EXPECT_EQ(outcome.report.worlds[world].rows, outcome.world_rows[world]);
        }
    }
}

}  // namespace
}  // namespace otherwise
