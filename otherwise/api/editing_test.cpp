// needs: llama
//
// A whole edit through the front door, on a tiny model: OpenedEdit holds an Editing.
#include "otherwise/api/editing.h"

#include <gtest/gtest.h>

#include <fstream>

#include "otherwise/base/hash.h"
#include "otherwise/fit/edit/low_rank.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

class AnEdit : public testing::Test {
protected:
    [[nodiscard]] EditStudy study(const std::string& layers = "1") const {
        return {.model = test::tiny_model(folder_, "llama").string(),
                .facts = {parse_fact("river | the {} was made in | a | iron")},
                .layers = parse_edit_layers(layers),
                .preset = "",
                .steps = 4,
                .prefixes = 1,
                .corpus = "",
                .covariance_tokens = 300};
    }
    [[nodiscard]] std::filesystem::path out() const { return folder_ / "edit.gguf"; }
    [[nodiscard]] Work work() const {
        return {.threads = 1, .force = true, .cache_folder = folder_.path().string()};
    }
    test::TemporaryFolder folder_;
};

TEST_F(AnEdit, IsWrittenWithItsEffectAndItsScores) {
    std::vector<EditPhase> phases;
    const auto edited =
        open(study(), work())
            .run({.on_phase = [&](EditPhase phase) { phases.push_back(phase); }}, out());
    EXPECT_FALSE(edited.cancelled);
    EXPECT_EQ(edited.output, out().string());
    EXPECT_EQ(edited.layers, std::vector<int>{1});
    ASSERT_TRUE(edited.effect);
    ASSERT_EQ(edited.effect->facts.size(), 1U);
    ASSERT_EQ(edited.before.size(), 1U);
    ASSERT_EQ(edited.after.size(), 1U);
    EXPECT_EQ(*edited.after.front().scores.new_on_prompt.mean(), edited.effect->facts.front().bare);
    EXPECT_NE(*edited.before.front().scores.new_on_prompt.mean(),
              edited.effect->facts.front().bare);
    EXPECT_EQ(phases.front(), EditPhase::covariance);
    EXPECT_EQ(phases.back(), EditPhase::scores);
    // What lies there is the adapter that came back.
    save_lora(edited.adapter, folder_ / "again.gguf");
    EXPECT_EQ(sha256_file(out()), sha256_file(folder_ / "again.gguf"));
    // A later look at it finds the same.
    const auto checked =
        check_adapter({.model = study().model, .adapter = out().string(), .facts = {}}, work());
    EXPECT_EQ(*checked.after.front().scores.new_on_prompt.mean(),
              *edited.after.front().scores.new_on_prompt.mean());
    EXPECT_EQ(checked.effect->kl, edited.effect->kl);
}

TEST_F(AnEdit, ThatMissesItsLimitsIsNotWrittenUnlessForced) {
    auto strict = work();
    strict.force = false;
    const auto edited = open(study(), strict).run({}, out(), false);
    ASSERT_FALSE(edited.misses.empty());  // random weights
    EXPECT_EQ(edited.output, "");
    EXPECT_FALSE(std::filesystem::exists(out()));
    EXPECT_TRUE(edited.before.empty());  // no scores were asked for
    EXPECT_FALSE(edited.adapter.tensors.empty());
}

TEST_F(AnEdit, TakesTheBestOfTheLayers) {
    std::size_t tried = 0;
    std::size_t best = 0;
    const auto edited =
        open(study("auto"), work())
            .run({.on_layers = [&](const std::vector<int>&) { ++tried; },
                  .on_trials = [&](const std::vector<LayerTrial>&, std::size_t at) { best = at; }},
                 out(), false);
    ASSERT_EQ(edited.sweep.size(), tried);
    EXPECT_EQ(edited.layers, edited.sweep[best].layers);
    const auto name = "blk." + std::to_string(edited.layers.front()) + ".ffn_down.weight.lora_a";
    EXPECT_EQ(edited.adapter.tensors.front().name, name);
}

TEST_F(AnEdit, ThatIsCancelledWritesNothing) {
    const auto edited = open(study(), work()).run({.cancelled = [] { return true; }}, out());
    EXPECT_TRUE(edited.cancelled);
    EXPECT_FALSE(edited.effect);
    EXPECT_EQ(edited.output, "");
    EXPECT_FALSE(std::filesystem::exists(out()));
}

TEST_F(AnEdit, GoesOnWhereItsCovarianceCannotBeKept) {
    auto own = work();
    own.cache_folder = (folder_ / "file").string();
    std::ofstream(own.cache_folder) << "no folder";
    std::vector<std::string> notes;
    const auto edited =
        open(study(), own)
            .run({.on_note = [&](const std::string& line) { notes.push_back(line); }}, out(),
                 false);
    EXPECT_EQ(edited.output, out().string());
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_TRUE(notes[0].starts_with("the covariance cannot be kept: ")) << notes[0];
}

}  // namespace
}  // namespace otherwise
