// needs: llama
#include "otherwise/fit/edit/adapter_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "otherwise/fit/edit/low_rank.h"
#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

class AdapterOfAnEdit : public testing::Test {
protected:
    void SetUp() override {
        scene_ = test::scene_for_edit(test::tiny_model(folder_, "llama"));
        settings_.layers = {1, 2, 3};
        settings_.method = EditMethod::memit;
    }
    [[nodiscard]] std::string text(const std::string& key) const {
        const auto metadata = adapter_metadata(scene_, facts_, settings_);
        const auto found = std::ranges::find(metadata, key, [](const auto& p) { return p.first; });
        return found == metadata.end() ? "none" : std::get<std::string>(found->second);
    }
    test::TemporaryFolder folder_;
    EditScene scene_;
    EditSettings settings_;
    std::vector<Fact> facts_{parse_fact("river | the {} was made in | a | iron"),
                             parse_fact("sea | the {} was made in | salt")};
};

TEST_F(AdapterOfAnEdit, SaysWhatItIsAndHowItWasMade) {
    EXPECT_EQ(text("general.name"), "river and others");
    EXPECT_EQ(text("otherwise.edit.method"), "memit");
    EXPECT_EQ(text("otherwise.edit.model.sha256"), scene_.model->hash());
    settings_.seed = 7;
    const auto settings = text("otherwise.edit.settings");
    EXPECT_TRUE(settings.starts_with("layers 1-3; steps 25, rate 0.1,")) << settings;
    EXPECT_TRUE(settings.ends_with("covariance of " +
                                   std::to_string(covariance_tokens(scene_.architecture)) +
                                   " tokens of samples, seed 7"))
        << settings;
    settings_.preset = "gpt2-xl";
    settings_.text.tokens = 300;
    EXPECT_NE(text("otherwise.edit.settings").find("layers 1-3; preset gpt2-xl; steps"),
              std::string::npos);
    EXPECT_NE(text("otherwise.edit.settings").find("covariance of 300 tokens"), std::string::npos);
    facts_.pop_back();
    EXPECT_EQ(text("general.name"), "river");
}

TEST_F(AdapterOfAnEdit, HoldsItsFacts) {
    const LowRankEdit edit{
        .layer = 1,
        .rank = 1,
        .read = std::vector<float>(static_cast<std::size_t>(scene_.architecture.inner), 1.0F),
        .write = std::vector<float>(static_cast<std::size_t>(scene_.architecture.width), 1.0F)};
    const auto path = folder_ / "edit.gguf";
    save_lora(lora_of(scene_.architecture, {edit}, adapter_metadata(scene_, facts_, settings_)),
              path);
    const auto origin = adapter_origin(path);
    EXPECT_EQ(origin.model_sha256, scene_.model->hash());
    ASSERT_EQ(origin.facts.size(), 2U);
    EXPECT_EQ(facts_text(origin.facts), facts_text(facts_));
    EXPECT_EQ(origin.facts.front().target_true, "iron");
    // An adapter of another program holds none.
    save_lora(lora_of(scene_.architecture, {edit}, {}), path);
    EXPECT_TRUE(adapter_origin(path).facts.empty());
    EXPECT_EQ(adapter_origin(path).model_sha256, "");
}

TEST(EditMethods, HaveNames) {
    EXPECT_EQ(edit_method_names(), (std::vector<std::string>{"rome", "memit"}));
    for (const auto& name : edit_method_names()) {
        EXPECT_EQ(method_name(edit_method_of(name)), name);
    }
    EXPECT_ERROR(edit_method_of("rom"), "a method of editing");
}

TEST(LayersText, IsForPeople) {
    EXPECT_EQ(layers_text(std::vector{5}), "layer 5");
    EXPECT_EQ(layers_text(std::vector{3, 4, 5}), "layers 3-5");
    EXPECT_EQ(layers_text(std::vector{3, 5}), "layers 3,5");
}

}  // namespace
}  // namespace otherwise
