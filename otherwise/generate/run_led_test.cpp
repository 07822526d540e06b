// Worlds that share the factual network, written along with the factual strings: what they write is
// what their own evaluation would have written, and they evaluate nothing before their divergence.
// Covers also: writer_led.cpp (where samples that left wait, and how they go on).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "otherwise/generate/law_budget.h"
#include "otherwise/generate/needed_rows.h"
#include "otherwise/generate/run.h"
#include "tests/support/expect_error.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::run_on;
using test::Scene;
using test::StubWorld;

constexpr float kSlight = 0.4F;

/// Every kind of world that shares, beside two that do not.
Scene mixed_scene(int samples, bool shares) {
    Scene scene;
    scene.options = {.seed = 11, .samples = samples, .tokens = 12};
    add_unlike_subjects(scene, 40);
    scene.worlds = {
        {.name = "hot", .rules = {.mechanism = {.temperature = 1.3F}}, .shares = shares},
        {.name = "slight", .model = {.salt = 1, .strength = kSlight}},
        {.name = "same", .shares = shares},
        {.name = "forced", .rules = {.forced = {{2, 33}}}, .shares = shares},
        {.name = "few", .rules = {.mechanism = {.top_k = 4}}, .shares = shares},
        {.name = "greedy", .rules = {.mechanism = {.temperature = 0.0F}}, .shares = shares},
        {.name = "both",
         .rules = {.mechanism = {.temperature = 0.8F}, .forced = {{0, 33}, {4, 8}, {5, 9}}},
         .shares = shares},
        {.name = "null", .role = WorldRole::null, .expect_same = true}};
    return scene;
}

std::vector<Machine> machines() {
    std::vector<Machine> all;
    int turn = 0;
    for (const int parallel : {1, 2, 3, 8, 33}) {
        for (const int min_rows : {1, 2, 8}) {
            for (const bool can_trim : {true, false}) {
                all.push_back({.parallel = parallel,
                               .threads = 1 + turn % 2,
                               .max_rows = turn % 2 == 0 ? 512 : 70,
                               .min_rows = min_rows,
                               .can_trim = can_trim,
                               .scoped_calls = turn % 3 == 0});
                ++turn;
            }
        }
    }
    return all;
}

TEST(LedWorlds, WriteWhatTheirOwnEvaluationWrites) {
    for (const int samples : {1, 3, 16}) {
        const Scene scene = mixed_scene(samples, true);
        const auto plain = plain_run(scene);
        for (const auto& machine : machines()) {
            ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
        }
        const auto apart = run_on(mixed_scene(samples, false), {}).lines();
        EXPECT_EQ(apart, plain);  // to the last bit of their margins
    }
}

TEST(LedWorlds, AnotherRuleIsSeen) {  // the control of the comparison
    Scene scene = mixed_scene(2, true);
    const auto plain = plain_run(scene);
    scene.worlds[0].rules.mechanism.temperature = 1.30001F;
    EXPECT_NE(run_on(scene, {}).lines(), plain);
}

TEST(LedWorlds, KeepToFreshNoiseDivergencesAndMechanisms) {
    for (const bool stop : {false, true}) {
        for (const Mechanism& mechanism :
             {Mechanism{}, Mechanism{.temperature = 0.7F, .top_k = 30}}) {
            Scene scene;
            scene.factual.rules.mechanism = mechanism;
            scene.factual.rules.forbidden = {1, 2, 3};
            const Scene like = mixed_scene(3, true);
            for (std::size_t i = 0; i < like.subjects.size(); ++i) {
                const auto& observed = like.subjects[i].observed;
                add_subject(scene, like.subjects[i].id, static_cast<int>(like.prompts[i]->size()),
                            observed ? static_cast<int>(observed->size()) + 3 : 0);
            }
            scene.worlds = like.worlds;
            scene.null_strings = like.null_strings;
            scene.options = like.options;
            for (auto& world : scene.worlds) {
                world.rules.forbidden = {1, 2, 3};
            }
            scene.options.independent = true;
            scene.options.stop_at_divergence = stop;
            const auto plain = plain_run(scene);
            for (const int parallel : {1, 3, 8, 40}) {
                for (const bool can_trim : {true, false}) {
                    const Machine machine{.parallel = parallel, .can_trim = can_trim};
                    ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
                }
            }
        }
    }
}

TEST(LedWorlds, GoThroughTheOtherKernelWithTheFactualPrompt) {
    Scene scene = mixed_scene(2, true);
    constexpr int kTile = 64;
    scene.factual.model.tile_rows = kTile;
    for (auto& world : scene.worlds) {
        world.model.tile_rows = kTile;
    }
    const auto plain = plain_run(scene);
    for (auto machine : machines()) {
        machine.tile_rows = kTile;
        machine.max_rows = machine.max_rows == 70 ? 128 : machine.max_rows;
        ASSERT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
    }
}

/// Rows of a world's pairs after their divergence: every distinct beginning of a string that goes
/// on past it.
long rows_after(const std::vector<Pair>& pairs, int world) {
    std::set<std::pair<int, Tokens>> rows;
    for (const Pair& pair : pairs) {
        const Tokens& tokens = pair.counterfactual.tokens;
        if (pair.world != world || pair.unchanged()) {
            continue;
        }
        for (auto end = tokens.begin() + pair.lcp + 1; end < tokens.end(); ++end) {
            rows.emplace(pair.string, Tokens(tokens.begin(), end));
        }
    }
    return static_cast<long>(rows.size());
}

/// The same as `bench` counts them: written rows are those after the divergence.
long rows_by_bench(const std::vector<Pair>& pairs, int world) {
    std::map<int, std::vector<Strand>> strands;
    for (const Pair& pair : pairs) {
        if (pair.world == world) {
            strands[pair.string].push_back(
                {.tokens = pair.counterfactual.tokens, .common = pair.lcp});
        }
    }
    long rows = 0;
    for (const auto& [string, samples] : strands) {
        rows += needed_written_rows(samples).written;
    }
    return rows;
}

TEST(LedWorlds, EvaluateNothingBeforeTheirDivergence) {
    for (const int observed : {0, 25}) {
        for (const int parallel : {1, 3, 8, 32}) {
            Scene scene;
            scene.options = {.seed = 5, .samples = 1, .tokens = 25};
            scene.factual.model.end_logit = -50.0F;
            for (int i = 0; i < 20; ++i) {
                add_subject(scene, "s" + std::to_string(i), 40 + i, observed);
            }
            scene.worlds = {
                {.name = "hot", .rules = {.mechanism = {.temperature = 1.2F}}, .shares = true},
                {.name = "same", .shares = true},
                {.name = "late", .rules = {.forced = {{20, 33}}}, .shares = true}};
            const auto outcome = run_on(scene, {.parallel = parallel, .min_rows = 1});
            const auto& report = outcome.report;
            long all = report.factual.rows;
            for (int world = 0; world < 3; ++world) {
                const auto& counts = report.worlds[static_cast<std::size_t>(world)];
                EXPECT_EQ(counts.needed, rows_after(outcome.pairs, world)) << parallel;
                EXPECT_EQ(counts.needed, rows_by_bench(outcome.pairs, world)) << parallel;
                EXPECT_GE(counts.rows, counts.needed);
                long shared = 0;
                for (const Pair& pair : outcome.pairs) {
                    shared += pair.world != world ? 0
                              : pair.unchanged()  ? std::ssize(pair.factual->tokens)
                                                  : pair.lcp + 1;
                }
                EXPECT_EQ(counts.shared, shared);
                all += counts.rows;
            }
            EXPECT_GT(report.worlds[0].rows, 0);
            EXPECT_EQ(report.worlds[1].rows, 0);  // it never diverges
            EXPECT_EQ(all, outcome.factual_rows);
            EXPECT_EQ(outcome.world_rows, std::vector<long>({0, 0, 0}));
            const Scene bare{.subjects = scene.subjects,
                             .prompts = scene.prompts,
                             .factual = scene.factual,
                             .worlds = {{.name = "null", .role = WorldRole::null}},
                             .options = scene.options,
                             .null_strings = std::vector<bool>(20, true)};
            EXPECT_EQ(report.factual.needed,
                      run_on(bare, {.parallel = parallel, .min_rows = 1}).report.factual.needed);
        }
    }
}

TEST(LedWorlds, ShareRowsWithWorldsThatWriteTheSame) {
    Scene scene;
    scene.options = {.seed = 5, .samples = 8, .tokens = 12};
    for (int i = 0; i < 6; ++i) {
        add_subject(scene, "s" + std::to_string(i), 5);
    }
    const StubWorld forced{.name = "a", .rules = {.forced = {{0, 33}}}, .shares = true};
    scene.worlds = {{.name = "same", .shares = true}};
    const auto bare = run_on(scene, {.parallel = 16}).factual_rows;
    scene.worlds = {forced};
    const auto one = run_on(scene, {.parallel = 16});
    scene.worlds = {forced, forced};
    const auto two = run_on(scene, {.parallel = 16});
    EXPECT_EQ(two.lines(), plain_run(scene));
    EXPECT_LT(two.factual_rows - one.factual_rows, (one.factual_rows - bare) * 6 / 10);
}

/// Observed texts and sampled strings: what samples write alike is evaluated once, however many
/// wait for streams.
TEST(LedWorlds, EvaluateOnceWhatSamplesWriteAlike) {
    std::map<int, Token> many;
    for (int t = 0; t < 20; ++t) {
        many[t] = 12 + t;
    }
    const StubWorld worlds[] = {
        {.name = "cold", .rules = {.mechanism = {.temperature = 0.0F}}, .shares = true},
        {.name = "cool", .rules = {.mechanism = {.temperature = 0.4F}}, .shares = true},
        {.name = "forced", .rules = {.forced = many}, .shares = true}};
    for (const StubWorld& world : worlds) {
        for (const int parallel : {16, 64}) {
            Scene scene;
            scene.options = {.seed = 5, .samples = 16, .tokens = 25};
            scene.factual.model.end_logit = -50.0F;
            for (int i = 0; i < 70; ++i) {
                add_subject(scene, "s" + std::to_string(i), 3 + i % 5, 25 - i % 3);
            }
            scene.worlds = {world};
            scene.worlds[0].model = scene.factual.model;
            const auto outcome = run_on(scene, {.parallel = parallel, .min_rows = 1});
            const auto& counts = outcome.report.worlds[0];
            EXPECT_TRUE(outcome.lines() == plain_run(scene)) << world.name << parallel;
            EXPECT_EQ(counts.needed, rows_after(outcome.pairs, 0)) << world.name << parallel;
            EXPECT_EQ(counts.needed, rows_by_bench(outcome.pairs, 0)) << world.name << parallel;
        }
    }
    for (const int samples : {1, 16, 64}) {
        Scene scene;
        scene.options = {.seed = 5, .samples = samples, .tokens = 25};
        scene.factual.model.end_logit = -50.0F;
        add_subject(scene, "one", 5);
        scene.worlds = {worlds[2]};
        scene.worlds[0].model = scene.factual.model;
        const auto outcome = run_on(scene, {.parallel = samples, .min_rows = 1});
        EXPECT_TRUE(outcome.lines() == plain_run(scene)) << samples;
        EXPECT_EQ(outcome.report.worlds[0].needed, rows_after(outcome.pairs, 0)) << samples;
        // A call for the prompt, one for all forced tokens, and one for each token that is written.
        EXPECT_LE(outcome.report.factual.calls + outcome.report.worlds[0].calls, 30) << samples;
    }
}

TEST(LedWorlds, ImpossibleStringsAreLeftOutWithAllThatGoesAlong) {
    Scene scene = mixed_scene(3, true);
    scene.factual.rules.mechanism = {.top_k = 30};
    scene.options.independent = true;
    scene.options.skip_impossible = true;
    const auto outcome = run_on(scene, {.parallel = 4});
    std::set<int> there;
    for (const Pair& pair : outcome.pairs) {
        there.insert(pair.string);
    }
    const auto& skipped = outcome.report.skipped;
    ASSERT_FALSE(skipped.empty());
    ASSERT_LT(skipped.size(), scene.subjects.size());
    EXPECT_EQ(there.size() + skipped.size(), scene.subjects.size());
    EXPECT_TRUE(std::ranges::is_sorted(skipped, {}, [&](const std::string& id) {
        return std::ranges::find(scene.subjects, id, &Subject::id) - scene.subjects.begin();
    }));
    EXPECT_EQ(outcome.report.finished, std::ssize(outcome.pairs));
    for (const int parallel : {1, 33}) {
        EXPECT_EQ(run_on(scene, {.parallel = parallel}).lines(), outcome.lines());
    }
    scene.options.skip_impossible = false;
    for (const int parallel : {1, 4, 33}) {  // always the first
        EXPECT_ERROR(run_on(scene, {.parallel = parallel}), "string '" + skipped.front() + "'");
    }
}

TEST(LedWorlds, WaitUntilTheTextIsRead) {
    constexpr int kFirst = 24;
    Scene scene;
    scene.options = {.seed = 6, .samples = 2};
    scene.factual.model.end_logit = -50.0F;
    for (int i = 0; i < 30; ++i) {
        add_subject(scene, "s" + std::to_string(i), 3, 100);
    }
    StubWorld forced{.name = "forced", .model = scene.factual.model, .shares = true};
    for (int t = kFirst; t < kFirst + 8; ++t) {  // so many that they are verified together
        forced.rules.forced[t] = 10 + t;
    }
    scene.worlds = {forced};
    const auto plain = plain_run(scene);
    for (const int max_rows : {16, 30, 33, 512}) {  // the text takes several calls
        for (const int parallel : {1, 4, 70}) {
            const Machine machine{.parallel = parallel, .max_rows = max_rows};
            EXPECT_EQ(run_on(scene, machine).lines(), plain) << machine.name();
        }
    }
}

TEST(LedWorlds, LawsOfObservedStringsKeepToTheMemory) {
    Scene scene = mixed_scene(2, true);
    const auto plain = plain_run(scene);
    for (const std::size_t memory : {std::size_t{1}, law_bytes(50, test::kStubVocabulary)}) {
        scene.options.memory = memory;
        for (const int parallel : {1, 8}) {
            EXPECT_EQ(run_on(scene, {.parallel = parallel}).lines(), plain) << memory;
        }
    }
}

}  // namespace
}  // namespace otherwise
