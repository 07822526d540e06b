// needs: llama
#include "otherwise/fit/edit/effect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/low_rank.h"
#include "tests/support/edit_scene.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ChangeNorm, IsFrobenius) {
    // 1 column of 2 by 3: [1 2]ᵀ [1 0 2], and [0 1]ᵀ [0 3 0] beside it
    const LowRankEdit edit{
        .rank = 2, .read = {1.0F, 0.0F, 2.0F, 0.0F, 3.0F, 0.0F}, .write = {1.0F, 2.0F, 0.0F, 1.0F}};
    // [[1 0 2] [2 3 4]]
    EXPECT_NEAR(change_norm(edit), std::sqrt(1.0 + 4.0 + 4.0 + 9.0 + 16.0), 1e-6);
}

TEST(EditMisses, AreWhatThePromiseAndTheLimitsSay) {
    EditEffect effect{.facts = {{.sought = 0.9, .all = 0.8, .bare = 0.85}}, .kl = 0.02};
    EXPECT_THAT(edit_misses(effect), IsEmpty());
    effect.kl = 9.3;
    EXPECT_THAT(edit_misses(effect),
                ElementsAre(HasSubstr("at most 0.100 nats a token, got 9.300")));
    effect.facts.front().bare = 0.01;  // behind prefixes it may be there
    EXPECT_THAT(edit_misses(effect),
                ElementsAre(HasSubstr("least 0.450 likely (its search had 0.900), got 0.010"),
                            HasSubstr("got 9.300")));
    effect = {.facts = {{.sought = 0.01, .all = 0.01, .bare = 0.01}}};
    EXPECT_THAT(edit_misses(effect),
                ElementsAre(HasSubstr("(its search already had only 0.010), got 0.010")));
    effect.facts.front() = {.sought = 0.9, .all = 0.9, .bare = 0.9};
    effect.kl = std::nan("");
    EXPECT_THAT(edit_misses(effect), ElementsAre(HasSubstr("nats a token")));
}

TEST(EditMisses, NameTheFactsThatMiss) {
    EditEffect effect;
    for (int i = 0; i < 20; ++i) {
        effect.facts.push_back(
            {.id = "f" + std::to_string(i), .sought = 0.9, .all = 0.9, .bare = 0.9});
    }
    effect.facts[3].bare = 0.0;
    effect.facts[7].all = 0.2;
    EXPECT_THAT(edit_misses(effect), IsEmpty());  // a tenth may
    effect.facts[11].all = 0.1;
    EXPECT_THAT(edit_misses(effect),
                ElementsAre(HasSubstr("got 0.000 for fact 'f3', and 3 of 20 facts below what they "
                                      "need (f3, f7, f11)")));
    effect.facts.resize(4);  // of few facts none
    EXPECT_THAT(edit_misses(effect), ElementsAre(HasSubstr("1 of 4 facts")));
}

/// An edit of random size in layer 1 of a tiny model.
class Effect : public testing::Test {
protected:
    void SetUp() override { scene_ = test::scene_for_edit(test::tiny_model(folder_, "llama")); }
    [[nodiscard]] double kl(float size) const {
        const auto& a = scene_.architecture;
        LowRankEdit edit{.layer = 1, .rank = 1};
        for (int i = 0; i < a.inner; ++i) {
            edit.read.push_back(i % 2 == 0 ? size : -size);
        }
        for (int i = 0; i < a.width; ++i) {
            edit.write.push_back(i % 3 == 0 ? 1.0F : -1.0F);
        }
        return *effect_on_texts(scene_.model, 0, {.edits = edit_hooks(a, {edit})});
    }
    test::TemporaryFolder folder_;
    EditScene scene_;
};

TEST_F(Effect, OnTextsGrowsWithTheChange) {
    EXPECT_EQ(kl(0.0F), 0.0);
    EXPECT_GT(kl(0.01F), 0.0);
    EXPECT_GT(kl(1.0F), 10.0 * kl(0.01F));
}

TEST_F(Effect, IsNothingWhenItIsCancelled) {
    EXPECT_FALSE(effect_on_texts(scene_.model, 0, {.cancelled = [] { return true; }}));
}

}  // namespace
}  // namespace otherwise
