#include "otherwise/generate/scene_passages.h"

#include <gtest/gtest.h>

#include <memory>

namespace otherwise {
namespace {

TEST(ScenePassages, FloorsReadApartAndOnlyTheirStrings) {
    const auto prompt = std::make_shared<const Tokens>(Tokens{1, 2});
    const auto longer = std::make_shared<const Tokens>(Tokens{9, 1, 2});
    const std::vector<Subject> subjects{{.id = "a", .observed = Tokens{3}}, {.id = "b"}};
    Scene scene{.subjects = subjects,
                .factual = {.prompts = {prompt, prompt}},
                .worlds = {},
                .options = {.tiled_texts = true}};
    scene.worlds = {
        {.prompts = {longer, longer}},
        {.prompts = {prompt, prompt}, .shares = true},
        {.prompts = {prompt, prompt}, .role = WorldRole::null, .strings = {false, true}}};
    const auto worlds = lockstep_worlds(scene);
    ASSERT_EQ(worlds.size(), 4U);
    EXPECT_FALSE(worlds[0].apart || worlds[1].apart || worlds[1].shares);
    EXPECT_TRUE(worlds[2].shares && !worlds[2].apart);
    EXPECT_TRUE(worlds[3].apart);
    const auto written = std::make_shared<const Tokens>(Tokens{3});
    const Passage read = passage_of(scene, 0, written);
    EXPECT_EQ(read.prompts, (std::vector{prompt, longer, prompt, prompt}));
    EXPECT_EQ(read.written, written);
    EXPECT_EQ(read.skipped, (std::vector{false, false, false, true}));
    EXPECT_TRUE(read.tiled_text);
    EXPECT_FALSE(passage_of(scene, 1, written).tiled_text);  // it is no observed text
}

}  // namespace
}  // namespace otherwise
