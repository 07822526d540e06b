// needs: llama
//
// What is said of an edit before it: more of check_edit and of the memory is in
// knowledge_edit_test.cpp.
#include <gtest/gtest.h>

#include "otherwise/fit/edit/knowledge_edit.h"
#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

TEST(EditMemory, IsThatOfItsWidestPart) {
    EXPECT_EQ(EditMemory{}.most(), 0U);
    EXPECT_EQ((EditMemory{.sampling = 4, .covariance = 5, .kept = 8}.most()), 9U);
    const EditMemory gradient{.kept = 1, .facts = 2, .copies = 10, .turning = 7, .activations = 5};
    EXPECT_EQ(gradient.gradient(), 17U);
    EXPECT_EQ(gradient.most(), 20U);
    const EditMemory update{
        .reading = 6, .kept = 1, .facts = 2, .writing = 9, .solver = 20, .copies = 3};
    EXPECT_EQ(update.most(), 41U);
    const EditMemory effect{.facts = 2, .adapter = 50, .effect = 7, .copies = 3};
    EXPECT_EQ(effect.most(), 62U);
}

class EditPlan : public testing::Test {
protected:
    void SetUp() override {
        scene_ = test::scene_for_edit(test::tiny_model(folder_, "llama"));
        settings_.method = EditMethod::memit;
        settings_.layers = {0, 1};
        for (const char* subject : {"river", "sea", "castle", "garden", "ship", "bird"}) {
            facts_.push_back(parse_fact(std::string(subject) + " | the {} was made in | a"));
        }
    }
    test::TemporaryFolder folder_;
    EditScene scene_;
    EditSettings settings_;
    std::vector<Fact> facts_;
};

TEST_F(EditPlan, KeepsTheGradientWithinItsBudget) {
    settings_.prefixes = 0;  // short prompts, of which several go into one gradient
    const auto roomy = edit_memory(scene_, facts_, settings_, std::size_t{1} << 30U);
    EXPECT_GT(roomy.facts_at_once, 1);
    EXPECT_FALSE(roomy.small_copies);
    const auto tight = edit_memory(scene_, facts_, settings_, roomy.gradient() - 1);
    EXPECT_LT(tight.facts_at_once, roomy.facts_at_once);
    EXPECT_LT(tight.gradient(), roomy.gradient());
    EXPECT_FALSE(tight.small_copies);
    const auto least = edit_memory(scene_, facts_, settings_, 1);
    EXPECT_EQ(least.facts_at_once, 1);
    EXPECT_TRUE(least.small_copies);
}

TEST_F(EditPlan, CountsTheRowsOfTheRemedy) {
    const auto usual = edit_memory(scene_, facts_, settings_, 1);
    scene_.least_rows = 1024;  // beyond what its calls have anyway
    EXPECT_GT(edit_memory(scene_, facts_, settings_, 1).reading, usual.reading);
}

TEST_F(EditPlan, RefusesTwoAnswersToOnePrompt) {
    settings_.text.tokens = 300;
    check_edit(scene_, facts_, settings_);
    facts_.push_back(parse_fact("sea | the {} was made in | salt"));
    EXPECT_ERROR(check_edit(scene_, facts_, settings_),
                 "one new answer to 'the sea was made in', got 'a' and 'salt'");
    facts_.back() = parse_fact("sea | the {} was made in |  a");  // the same text
    check_edit(scene_, facts_, settings_);
}

TEST_F(EditPlan, RefusesLayersThatAreNoneOrOutOfOrder) {
    settings_.layers = {};
    EXPECT_ERROR(check_edit(scene_, facts_, settings_), "ascending order, got none");
    settings_.layers = {1, 0};
    EXPECT_ERROR(check_edit(scene_, facts_, settings_), "ascending order, got 1,0");
    settings_.layers = {-1};
    EXPECT_ERROR(check_edit(scene_, facts_, settings_), "layers from 0 to 3");
}

}  // namespace
}  // namespace otherwise
