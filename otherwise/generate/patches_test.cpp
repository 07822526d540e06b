// needs: llama
//
// The donors of a world's patches on a tiny model of two blocks, planned and read. Runs with
// patches are in tests/patches_test.cpp, the states themselves in world/patch_states_test.cpp.
#include "otherwise/generate/patches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/generate/prepare.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;

constexpr std::size_t kWidth = 64;
constexpr std::size_t kState = kWidth * sizeof(float);

class PlanPatches : public testing::Test {
protected:
    [[nodiscard]] OpenedWorld world_of(const std::vector<Patch>& patches, PromptForm form = {}) {
        WorldPlan plan{.name = "w", .model = files_.path("a.gguf")};
        plan.prompt = std::move(form);
        plan.edits.assign(patches.begin(), patches.end());
        return open_world(plan, shelf_, *shelf_.get(plan), {});
    }
    /// Strings of one token a letter.
    void strings(const std::vector<InputString>& given) {
        WorldPlan plan{.model = files_.path("a.gguf")};
        subjects_ = prepare(given, *shelf_.get(plan), {}, -1);
        prompts_ = prompts_in(subjects_, *shelf_.get(plan), {});
    }
    [[nodiscard]] std::vector<std::string> plan(OpenedWorld& world) const {
        std::vector<std::string> texts;
        for (const auto& donor : plan_patches(world, subjects_, prompts_)) {
            texts.push_back(world.model->text(*donor, true));
        }
        return texts;
    }

    test::TinyFiles files_{"tiny.write_model('a.gguf')"};
    ModelShelf shelf_{{}};
    std::vector<Subject> subjects_;
    std::vector<std::shared_ptr<const Tokens>> prompts_;
};

TEST_F(PlanPatches, EachDonorOnce) {
    strings({{.id = "x", .prompt = "abc", .donor = "xyz"},
             {.id = "y", .prompt = "abd", .donor = "klm"},
             {.id = "z", .prompt = "abe", .donor = "xyz"}});
    auto own = world_of({{.donor = "", .rows = {{1, 2}}}});
    EXPECT_THAT(plan(own), ElementsAre("xyz", "klm"));
    // Of two donors two rows each, in both layers.
    EXPECT_EQ(patch_bytes(own), 2 * 2 * 2 * kState);
    auto given = world_of({{.donor = "klm", .layers = {1, 1}}});
    EXPECT_THAT(plan(given), ElementsAre("klm"));
    EXPECT_EQ(patch_bytes(given), 3 * kState);
    auto both = world_of({{.donor = ""}, {.donor = "klm", .rows = {{-1, -1}}}});
    EXPECT_THAT(plan(both), ElementsAre("xyz", "klm"));
    EXPECT_EQ(patch_bytes(both), (2 * 3 + 1) * 2 * kState);  // none of the other's donor
}

TEST_F(PlanPatches, RowsAreAStringsOwnFromTheFirstPatchedOneOn) {
    strings({{.id = "x", .prompt = "abcd"}, {.id = "y", .prompt = "ab"}});
    auto world =
        world_of({{.donor = "wxyz", .rows = {{-2, -2}}}, {.donor = "wx", .rows = {{-1, -1}}}});
    (void)plan(world);
    ASSERT_EQ(world.prototype.own_rows.size(), 2U);
    EXPECT_EQ(world.prototype.own_rows[0].prompt, prompts_[0]);
    EXPECT_EQ(world.prototype.own_rows[0].from, 2);
    EXPECT_EQ(world.prototype.own_rows[1].from, 0);
    (void)plan(world);  // anew, not added to
    EXPECT_EQ(world.prototype.own_rows.size(), 2U);
}

TEST_F(PlanPatches, ADonorTakesThePromptsForm) {
    strings({{.id = "x", .prompt = "ab", .donor = "xy"}});
    auto world = world_of({{.donor = "", .rows = {{-1, -1}}}}, {.prefix = "<", .suffix = ">"});
    EXPECT_THAT(plan(world), ElementsAre("<xy>"));
    strings(
        {{.id = "x", .prompt = std::nullopt, .prompt_tokens = Tokens{300, 301}, .donor = "xy"}});
    EXPECT_THAT(plan(world), ElementsAre("<xy>"));
}

TEST_F(PlanPatches, ADonorTakesThePlaceOfTheLastQuestion) {
    WorldPlan plain{.model = files_.path("a.gguf")};
    const InputString chat{.id = "x",
                           .prompt = std::nullopt,
                           .messages = {{.role = "user", .content = "a"},
                                        {.role = "assistant", .content = "b"},
                                        {.role = "user", .content = "c"}},
                           .donor = "d"};
    subjects_ = prepare({chat}, *shelf_.get(plain), {}, -1);
    prompts_ = prompts_in(subjects_, *shelf_.get(plain), {.chat = true});
    auto world = world_of({{.donor = ""}}, {.chat = true});
    EXPECT_THAT(plan(world),
                ElementsAre("<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
                            "<|im_start|>user\nd<|im_end|>\n<|im_start|>assistant\n"));
}

TEST_F(PlanPatches, RefusesWhatCannotBeMoved) {
    strings({{.id = "x", .prompt = "abc"}});
    auto none = world_of({{.donor = ""}});
    EXPECT_ERROR(plan(none), "none in world 'w'");
    auto unequal = world_of({{.donor = "wxyz", .rows = {{0, 1}}}});
    EXPECT_ERROR(plan(unequal), "4 and 3 tokens for string 'x'");
    auto all = world_of({{.donor = "wxyz"}});
    EXPECT_ERROR(plan(all), "count rows from the end");
    auto outside = world_of({{.donor = "xyz", .rows = {{2, 3}}}});
    EXPECT_ERROR(plan(outside), "rows=2-3 in world 'w'");
    auto shorter = world_of({{.donor = "y", .rows = {{-2, -1}}}});
    EXPECT_ERROR(plan(shorter), "rows within the donor of string 'x', of 1 tokens");
    auto longer = world_of({{.donor = "vwxyz", .rows = {{-5, -5}}}});
    EXPECT_ERROR(plan(longer), "rows within the prompt of string 'x', of 3 tokens");
}

TEST_F(PlanPatches, DonorsAreReadOnceForAllStrings) {
    strings({{.id = "x", .prompt = "abc", .donor = "xyz"},
             {.id = "y", .prompt = "abd", .donor = "klm"}});
    auto world = world_of({{.donor = "", .rows = {{1, 2}}}});
    const auto donors = plan_patches(world, subjects_, prompts_);
    EXPECT_FALSE(world.patches[0].states->has_captured(0));
    const auto context = world.make_capture(donors, 3, 256, 64, 2);
    capture_states(world, donors, *context, 2);
    EXPECT_TRUE(world.patches[0].states->has_captured(0));
    EXPECT_TRUE(world.patches[0].states->has_captured(1));
    EXPECT_TRUE(context->silent_sites().empty());
}

TEST_F(PlanPatches, ARowThatTheLastLayerDropsIsAnError) {
    strings({{.id = "x", .prompt = "abcdef", .donor = "uvwxyz"}});
    auto world = world_of({{.donor = "", .layers = {1, 1}, .rows = {{2, 2}}}});
    const auto donors = plan_patches(world, subjects_, prompts_);
    const auto context = world.make_capture(donors, 3, 256, 64, 2);
    EXPECT_ERROR(capture_states(world, donors, *context, 1), "to act at l_out in the last layer");
}

}  // namespace
}  // namespace otherwise
