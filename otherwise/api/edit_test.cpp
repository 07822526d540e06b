// needs: llama
//
// What an edit's settings come from, and what is noted; tests/api_files_test.cpp compares whole
// edits with the command's. Covers also: edit_settings.cpp, editing.cpp.
#include "otherwise/api/edit.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

TEST(EditLayers, ReadsWhatPeopleWrite) {
    EXPECT_TRUE(parse_edit_layers("auto").best);
    EXPECT_FALSE(parse_edit_layers("").best);
    EXPECT_TRUE(parse_edit_layers("").layers.empty());
    EXPECT_EQ(parse_edit_layers("3,5-7").layers, (std::vector<int>{3, 5, 6, 7}));
    EXPECT_ERROR((void)parse_edit_layers("3-"), "`layers` as 5, 3-7, 3,5,7 or auto, got '3-'");
    EXPECT_ERROR((void)parse_edit_layers("7-3"), "`layers=A-B` with A at most B, got '7-3'");
}

TEST(EditFacts, AreChosenByTheirIds) {
    const std::vector<Fact> facts{{.id = "a"}, {.id = "b"}, {.id = "c"}};
    const auto chosen = with_ids(facts, {"c", "a"});
    ASSERT_EQ(chosen.size(), 2U);
    EXPECT_EQ(chosen[0].id, "c");
    EXPECT_EQ(chosen[1].id, "a");
    EXPECT_ERROR((void)with_ids(facts, {"d"}), "`id` with the id of a fact, got 'd'");
}

class EditApi : public testing::Test {
protected:
    [[nodiscard]] EditStudy study() const {
        return {.model = test::tiny_model(folder_, "llama").string(),
                .facts = {parse_fact("river | the {} was made in | a")},
                .layers = parse_edit_layers("1"),
                .preset = "",
                .corpus = "",
                .covariance_tokens = 400};
    }
    test::TemporaryFolder folder_;
};

TEST_F(EditApi, TakesWhatIsGivenAndLeavesTheRest) {
    auto own = study();
    own.steps = 7;
    const auto opened = open(own);
    EXPECT_EQ(opened.settings().target.steps, 7);
    EXPECT_EQ(opened.settings().layers, std::vector<int>{1});
    EXPECT_EQ(opened.settings().prefixes, EditSettings().prefixes);
    EXPECT_TRUE(opened.settings().cache.empty());
    EXPECT_GT(opened.memory().most(), 0U);
    EXPECT_NO_THROW(opened.require_subjects());
}

TEST_F(EditApi, NotesWhatIsOdd) {
    auto own = study();
    own.facts.push_back(parse_fact("river | the {} was made in | a"));
    own.preset = "gpt2-xl";
    std::vector<std::string> notes;
    const auto opened = open(own, {}, [&](const std::string& note) { notes.push_back(note); });
    EXPECT_EQ(opened.facts().size(), 1U);
    ASSERT_EQ(notes.size(), 2U);
    EXPECT_NE(notes[0].find("for GPT-2 XL"), std::string::npos);
    EXPECT_NE(notes[1].find("1 fact is left out"), std::string::npos);
}

TEST_F(EditApi, ErrorsNameSettings) {
    auto own = study();
    own.facts.clear();
    EXPECT_ERROR((void)open(own), "a fact (`fact=TEXT` or `facts=FILE`), got none");
    own = study();
    own.layers = parse_edit_layers("9");
    EXPECT_ERROR((void)open(own), "layers from 0 to 3");
    EXPECT_ERROR(open(study(), {.memory = 1}).require_memory(), "expected `memory` of at least");
}

}  // namespace
}  // namespace otherwise
