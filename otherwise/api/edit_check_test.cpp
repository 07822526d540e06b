// needs: llama
//
// An adapter looked at, and the JSON of an edit. Covers also: edit_json.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "otherwise/api/edit.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_files.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CheckAdapter : public testing::Test {
protected:
    [[nodiscard]] AdapterCheck check(double scale = 1.0) const {
        return {.model = files_.path("a.gguf"),
                .adapter = files_.path("l.gguf"),
                .scale = scale,
                .facts = {parse_fact("river | the {} was made in | a")},
                .seed = 3};
    }
    test::TinyFiles files_{
        "tiny.write_model('a.gguf'); tiny.write_lora('l.gguf'); "
        "tiny.write_lora('other.gguf', more=[('otherwise.edit.model.sha256', tiny.TEXT, 'ab' * "
        "32)])"};
};

TEST_F(CheckAdapter, ComparesTheModelWithAndWithoutIt) {
    const auto with = check_adapter(check());
    ASSERT_TRUE(with.effect);
    EXPECT_GT(with.effect->kl, 0.0);
    ASSERT_EQ(with.before.size(), 1U);
    ASSERT_EQ(with.after.size(), 1U);
    const auto p = [](const FactScores& scores) { return *scores.scores.new_on_prompt.mean(); };
    EXPECT_NE(p(with.before[0]), p(with.after[0]));
    EXPECT_FALSE(with.cancelled);
    const auto without = check_adapter(check(0.0));  // the control: no change, no effect
    EXPECT_EQ(p(without.before[0]), p(without.after[0]));
    EXPECT_EQ(p(without.before[0]), p(with.before[0]));
    EXPECT_NEAR(without.effect->kl, 0.0, 1e-9);
}

TEST_F(CheckAdapter, NotesThatItWasMadeForAnotherModel) {
    std::vector<std::string> notes;
    EditCallbacks callbacks;
    callbacks.on_note = [&](const std::string& note) { notes.push_back(note); };
    std::vector<EditPhase> phases;
    callbacks.on_phase = [&](EditPhase phase) { phases.push_back(phase); };
    (void)check_adapter(check(), {}, callbacks);
    EXPECT_THAT(notes, IsEmpty());
    EXPECT_THAT(phases, ElementsAre(EditPhase::effect, EditPhase::scores));
    auto other = check();
    other.adapter = files_.path("other.gguf");
    (void)check_adapter(other, {}, callbacks);
    EXPECT_THAT(notes, ElementsAre(HasSubstr("made for another model, or another quantization of "
                                             "it (sha256 abababababab…)")));
}

TEST_F(CheckAdapter, WantsFacts) {
    auto none = check();
    none.facts.clear();  // and the adapter holds none
    EXPECT_ERROR(check_adapter(none), "a fact");
}

TEST(EditJson, HasWhatWasReachedOfEachFact) {
    Edited edited;
    EXPECT_EQ(nlohmann::json::parse(to_json(edited)),
              nlohmann::json::parse(R"({"output": null, "layers": [], "facts": []})"));
    edited.output = "bad \xFF.gguf";
    edited.layers = {3, 4};
    edited.facts = {{.id = "f", .subject = "The Louvre", .target_new = " Rome"}};
    FactScores before{.id = "f"};
    before.scores.new_on_prompt.add(0.25);
    before.neighbors = {{.prompt = "n", .answer = "o", .new_answer = 0.1, .own_answer = 0.9}};
    FactScores after{.id = "f"};
    after.scores.new_on_prompt.add(0.75);
    after.neighbors = {{.prompt = "n", .answer = "o", .new_answer = 0.2, .own_answer = 0.8}};
    edited.before = {before};
    edited.after = {after};
    edited.sweep = {{.layers = {3}, .on_prompt = 0.5, .on_paraphrases = 0.25, .leak = 0.125}};
    edited.effect = EditEffect{.facts = {{.id = "f", .sought = 0.9, .all = 0.8, .bare = 0.7}},
                               .norms = {{.layer = 3, .change = 2.0, .weight = 8.0}},
                               .kl = 0.5};
    edited.misses = {"expected less"};
    const auto json = nlohmann::json::parse(to_json(edited));
    EXPECT_EQ(json["output"], "bad \xEF\xBF\xBD.gguf");
    EXPECT_EQ(json["layers"], (std::vector{3, 4}));
    const auto& fact = json["facts"][0];
    EXPECT_EQ(fact["before"]["new_on_prompt"], 0.25);
    EXPECT_EQ(fact["after"]["new_on_prompt"], 0.75);
    EXPECT_TRUE(fact["after"]["efficacy"].is_null());  // nothing to tell it by
    EXPECT_EQ(fact["neighbors"][0]["new"], (std::vector{0.1, 0.2}));
    EXPECT_EQ(fact["neighbors"][0]["own"], (std::vector{0.9, 0.8}));
    EXPECT_EQ(json["after"]["new_on_prompt"], 0.75);
    EXPECT_EQ(json["sweep"][0]["score"], 0.25);
    EXPECT_EQ(json["effect"]["kl"], 0.5);
    EXPECT_EQ(json["effect"]["changes"][0]["weight_norm"], 8.0);
    EXPECT_EQ(json["effect"]["new_answer"][0]["behind_prefixes_too"], 0.8);
    EXPECT_EQ(json["misses"][0], "expected less");
}

}  // namespace
}  // namespace otherwise
