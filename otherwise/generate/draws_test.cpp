// Draws are the factual strings of a run.
#include "otherwise/generate/draws.h"

#include <gtest/gtest.h>

#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Machine;
using test::StubEvaluator;

test::Scene mixed_scene(int samples) {
    test::Scene scene;
    scene.options = {.seed = 3, .samples = samples, .tokens = 12};
    for (int i = 0; i < 9; ++i) {
        add_subject(scene, "s" + std::to_string(i), 2 + i, i % 3 == 1 ? 7 : 0);
    }
    scene.worlds = {{.name = "same"}};
    return scene;
}

std::vector<Draw> draws_of(const test::Scene& scene, const Machine& machine, bool repeat) {
    StubEvaluator evaluator(machine.shape(), scene.factual.model);
    const RunWorld factual{.name = "factual",
                           .evaluator = &evaluator,
                           .rules = test::rules_of(scene.factual),
                           .prompts = scene.prompts};
    RunOptions options = scene.options;
    options.parallel = machine.parallel;
    options.threads = machine.threads;
    return draw_strings(scene.subjects, 0, static_cast<int>(scene.subjects.size()), factual,
                        options, repeat);
}

TEST(Draws, AreTheFactualStringsOfARun) {
    for (const int samples : {1, 5}) {
        const auto scene = mixed_scene(samples);
        const auto outcome = test::run_on(scene, {.parallel = 8});
        for (const Machine& machine : {Machine{.parallel = 1}, Machine{.parallel = 8},
                                       Machine{.parallel = 3, .threads = 2}}) {
            const auto draws = draws_of(scene, machine, true);
            ASSERT_EQ(draws.size(), outcome.pairs.size());
            for (std::size_t i = 0; i < draws.size(); ++i) {
                EXPECT_EQ(draws[i].string, outcome.pairs[i].string);
                EXPECT_EQ(draws[i].sample, outcome.pairs[i].sample);
                EXPECT_EQ(draws[i].observed, outcome.pairs[i].observed);
                EXPECT_EQ(draws[i].written->tokens, outcome.pairs[i].factual->tokens);
                EXPECT_EQ(draws[i].written->ended, outcome.pairs[i].factual->ended);
            }
        }
    }
}

TEST(Draws, ObservedStringsComeOnceUnlessRepeated) {
    const auto scene = mixed_scene(4);
    EXPECT_EQ(draws_of(scene, {}, false).size(), 6U * 4 + 3);
    EXPECT_EQ(draws_of(scene, {}, true).size(), 9U * 4);
}

TEST(Draws, AnotherSeedIsAnotherString) {  // the control
    auto scene = mixed_scene(1);
    const auto before = draws_of(scene, {}, true);
    scene.options.seed = 4;
    const auto after = draws_of(scene, {}, true);
    EXPECT_NE(before[0].written->tokens, after[0].written->tokens);
    EXPECT_EQ(before[1].written->tokens, after[1].written->tokens);  // observed
}

TEST(Draws, StopWhenCancelled) {
    const auto scene = mixed_scene(1);
    StubEvaluator evaluator(Machine{}.shape(), scene.factual.model);
    const RunWorld factual{.name = "factual",
                           .evaluator = &evaluator,
                           .rules = test::rules_of(scene.factual),
                           .prompts = scene.prompts};
    RunOptions options = scene.options;
    options.parallel = 8;
    EXPECT_TRUE(
        draw_strings(scene.subjects, 0, 9, factual, options, true, [] { return true; }).empty());
}

}  // namespace
}  // namespace otherwise
