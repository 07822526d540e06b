// needs: llama
//
// Worlds that change the mechanism or force a token, on the real model: written from the factual
// logits they are what a context of their own writes, to the last bit of their margins.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/models.h"
#include "tests/support/plain_run.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

/// Short prompts, one that goes through the tiled kernel, and observed texts of two of them.
std::vector<InputString> strings() {
    const auto model = Model::load(test::default_model(), {.vocabulary_only = true});
    auto all = test::short_prompts(5);
    all.push_back(test::long_prompt(*model, 3, 80));
    all[1].text = " a small house near the river, where my mother lived for many years.";
    all[3].text = " the first of its kind, and it was";
    all[3].ended = true;
    return all;
}

struct Written {
    std::vector<std::string> lines;
    RunOutcome report;
};

Written write(const Scene& scene) {
    Written written;
    written.report = run_worlds(
        scene.subjects, scene.factual, scene.worlds, scene.options,
        {.on_pair = [&](const Pair& pair) { written.lines.push_back(test::line_of(pair)); },
         .on_progress = {},
         .cancelled = {}});
    return written;
}

TEST(LedWorlds, WriteWhatContextsOfTheirOwnWrite) {
    const auto factual = test::plan_of(test::default_model());
    const std::vector<WorldPlan> worlds{
        test::world_of(factual, "hot", {SetTemperature{1.3F}}),
        test::world_of(factual, "few", {SetTopK{5}, SetTemperature{0.8F}}),
        test::world_of(factual, "do", {Force{.position = 3, .text = " the river"}}),
        test::world_of(factual, "biased", {Bias{.text = " the", .value = 2.0F}}),
        test::world_of(factual, "same", {SetTopP{1.0F}})};
    auto options = test::session_options(8, 2);
    options.parallel = 8;
    options.independent = true;
    Session session(factual, worlds, strings(), options, {});
    Scene scene = session.scene();
    const auto led = write(scene);
    std::vector<std::unique_ptr<Context>> own;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        EXPECT_TRUE(session.shares(w));
        own.push_back(session.context_for(worlds[w], options.parallel));
        scene.worlds[w].evaluator = own.back().get();
        scene.worlds[w].shares = false;
    }
    EXPECT_FALSE(session.shares(worlds.size()));  // the null world checks the evaluation
    const auto apart = write(scene);
    EXPECT_EQ(led.lines, apart.lines);
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        EXPECT_LT(led.report.worlds[w].rows, apart.report.worlds[w].rows);
        EXPECT_GT(led.report.worlds[w].shared, 0);
        EXPECT_EQ(apart.report.worlds[w].shared, 0);
    }
    EXPECT_EQ(led.report.factual.needed, apart.report.factual.needed);
}

TEST(LedWorlds, AreNoContextsInThePlan) {
    const auto factual = test::plan_of(test::default_model());
    const auto hot = test::world_of(factual, "hot", {SetTemperature{1.3F}});
    const auto other = test::world_of(factual, "other", {Prefix{"Well"}});
    const auto sure = test::world_of(factual, "sure", {SetTemperature{0.0F}});
    const auto plan = [&](const std::vector<WorldPlan>& worlds, int samples) {
        auto options = test::session_options(12, samples);
        options.null_strings = FloorStrings::none;
        options.fast = true;
        options.parallel = 4;
        const Session session(factual, worlds, test::short_prompts(6), options, {});
        return std::pair(session.estimate().memory.contexts, session.estimate().rows);
    };
    const auto [none, rows] = plan({}, 1);
    const auto [led, led_rows] = plan({hot, sure}, 1);
    const auto [own, own_rows] = plan({other}, 1);
    EXPECT_EQ(led, none);
    EXPECT_EQ(own, 2 * none);
    EXPECT_EQ(led_rows - rows, 2 * 6 * 11);  // all but the first token of each string, at most
    EXPECT_GT(own_rows - rows, 6 * 11 + 6 * 3);
    // Several sampled strings of a prompt that a world writes alike: one of its own is cheaper.
    EXPECT_EQ(plan({sure}, 2).first, 2 * plan({}, 2).first);
    EXPECT_EQ(plan({hot}, 2).first, plan({}, 2).first);
}

}  // namespace
}  // namespace otherwise
