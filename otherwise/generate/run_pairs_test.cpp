#include "otherwise/generate/run_pairs.h"

#include <gtest/gtest.h>

#include <memory>

namespace otherwise {
namespace {

/// A string of one world beside its factual one, 1 2 3.
struct Case {
    RunWorld factual{.prompts = {std::make_shared<Tokens>(Tokens{7})}};
    RunWorld world{.prompts = factual.prompts};
    Finished finished;

    explicit Case(Tokens tokens) {
        const auto text = std::make_shared<FactualString>();
        text->written = std::make_shared<Written>(Written{.tokens = {1, 2, 3}});
        text->first_row = 5;
        finished.sample.factual = text;
        finished.sample.first_row = 5;
        finished.written.tokens = std::move(tokens);
    }
    [[nodiscard]] WorldEffect effect() const {
        WorldEffect effect;
        note_effect(finished.sample, finished.written, factual, world, effect);
        return effect;
    }
};

TEST(RunPairs, KnowWhereTheStringsPart) {
    Case c({1, 9, 3, 4});
    c.finished.sample.last = {.runner_up = 2, .margin = 0.5};
    const Pair pair = pair_of(c.finished, c.factual, c.world, 3);
    EXPECT_EQ(pair.world, 3);
    EXPECT_EQ(pair.lcp, 1);
    ASSERT_TRUE(pair.divergence);
    EXPECT_EQ(
        *pair.divergence,
        (Divergence{
            .position = 1, .factual = 2, .counterfactual = 9, .runner_up = 2, .margin = 0.5}));
    EXPECT_EQ(pair.world_prompt, nullptr);
    // Fresh noise shares no race, and the same string has no divergence.
    c.finished.sample.independent = true;
    EXPECT_FALSE(pair_of(c.finished, c.factual, c.world, 0).divergence);
    const Case same({1, 2, 3});
    EXPECT_TRUE(pair_of(same.finished, same.factual, same.world, 0).unchanged());
    EXPECT_FALSE(pair_of(same.finished, same.factual, same.world, 0).divergence);
}

TEST(RunPairs, KeepAPromptThatIsAnother) {
    Case c({1, 2, 3});
    c.world.prompts = {std::make_shared<Tokens>(Tokens{7, 8})};
    EXPECT_EQ(pair_of(c.finished, c.factual, c.world, 0).world_prompt, c.world.prompts[0]);
    EXPECT_TRUE(c.effect().prompt_differs);
}

TEST(RunPairs, NoteWhatAWorldDid) {
    Case c({1, 2, 3, 4});
    const WorldEffect none = c.effect();
    EXPECT_EQ(none.longest, 4);
    EXPECT_FALSE(none.logits_differ || none.prompt_differs || none.forced);
    c.finished.sample.first_row = 6;
    EXPECT_TRUE(c.effect().logits_differ);
    c.world.rules.forced = {{1, 2}};  // what stands there anyway
    EXPECT_FALSE(c.effect().forced);
    c.world.rules.forced = {{1, 9}};
    EXPECT_TRUE(c.effect().forced);
}

}  // namespace
}  // namespace otherwise
