#include "otherwise/world/dose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using testing::ElementsAre;

TEST(Dose, ParsesRangesAndLists) {
    EXPECT_EQ(parse_sweep("steer.scale=0:2:0.5").target, "steer.scale");
    EXPECT_THAT(parse_sweep("a.scale=0:2:0.5").doses, ElementsAre(0.0F, 0.5F, 1.0F, 1.5F, 2.0F));
    EXPECT_THAT(parse_sweep("a.scale=0:0.3:0.1").doses, ElementsAre(0.0F, 0.1F, 0.2F, 0.3F));
    EXPECT_THAT(parse_sweep("a.scale=1:0:-0.5").doses, ElementsAre(1.0F, 0.5F, 0.0F));
    EXPECT_THAT(parse_sweep("a.scale=0:1:0.4").doses, ElementsAre(0.0F, 0.4F, 0.8F));
    EXPECT_THAT(parse_sweep("a.scale=-1,0,4").doses, ElementsAre(-1.0F, 0.0F, 4.0F));
    EXPECT_THAT(parse_sweep("a.scale=3").doses, ElementsAre(3.0F));
}

TEST(Dose, RefusesOtherForms) {
    for (const char* text : {"", "steer.scale", "=1", "a.scale=", "a.scale=1:2", "a.scale=0:1:0",
                             "a.scale=0:1:-1", "a.scale=0:1:x", "a.scale=1,,2", "a.scale=nan",
                             "a.scale=0:1:1e-9", "a.scale=0:1:0.1:3"}) {
        SCOPED_TRACE(text);
        EXPECT_ERROR(parse_sweep(text), "TARGET=FROM:TO:STEP");
    }
}

TEST(Dose, FindsOneScale) {
    const std::vector<World> worlds{parse_world("sad=temp:0.5,steer:sad.gguf:2"),
                                    parse_world("tuned=lora:a.gguf")};
    const auto steer = find_scale(worlds, "steer.scale");
    EXPECT_EQ(steer.world, 0U);
    EXPECT_EQ(steer.item, 1U);
    EXPECT_EQ(steer.scale, 2.0F);
    EXPECT_EQ(find_scale(worlds, "tuned.scale").world, 1U);
    const auto moved = with_scale(worlds[0], 1, 0.25F);
    EXPECT_EQ(std::get<Steer>(moved.interventions[1]).scale, 0.25F);
    EXPECT_EQ(moved.interventions[0], worlds[0].interventions[0]);
    const std::vector<World> fitted{parse_world("w=affine:m.gguf:0.5,heads:h.gguf:3")};
    EXPECT_EQ(find_scale(fitted, "affine.scale").scale, 0.5F);
    EXPECT_EQ(find_scale(fitted, "heads.scale").scale, 3.0F);
    EXPECT_EQ(std::get<Affine>(with_scale(fitted[0], 0, 2.0F).interventions[0]).scale, 2.0F);
    EXPECT_EQ(std::get<Heads>(with_scale(fitted[0], 1, 2.0F).interventions[1]).scale, 2.0F);
    EXPECT_EQ(std::get<UseLora>(with_scale(worlds[1], 0, -1.0F).interventions[0]).scale, -1.0F);
}

TEST(Dose, FindsSettingsOfTheMechanism) {
    const std::vector<World> worlds{parse_world("hot=steer:a.gguf:2,temp:1.2"),
                                    parse_world("cut=top-p:0.9,min-p:0.05,top-k:5")};
    const auto temp = find_scale(worlds, "temp");
    EXPECT_EQ(temp.world, 0U);
    EXPECT_EQ(temp.item, 1U);
    EXPECT_EQ(temp.scale, 1.2F);
    EXPECT_TRUE(temp.mechanism);
    EXPECT_FALSE(find_scale(worlds, "hot.scale").mechanism);
    EXPECT_EQ(find_scale(worlds, "hot.temp").item, 1U);
    EXPECT_EQ(find_scale(worlds, "cut.min-p").scale, 0.05F);
    EXPECT_EQ(find_scale(worlds, "top-p").scale, 0.9F);
    const auto cold = with_scale(worlds[0], temp.item, 0.5F);
    EXPECT_EQ(std::get<SetTemperature>(cold.interventions[1]).value, 0.5F);
    EXPECT_EQ(cold.interventions[0], worlds[0].interventions[0]);
    EXPECT_ERROR(find_scale(worlds, "temp.scale"), "temp or hot.temp");
    EXPECT_ERROR(find_scale(worlds, "top-k"), "names none");
    const std::vector<World> two{parse_world("a=temp:1"), parse_world("b=temp:2")};
    EXPECT_ERROR(find_scale(two, "temp"), "names 2");
}

TEST(Dose, RefusesWhatNamesNoneOrSeveral) {
    const std::vector<World> worlds{parse_world("a=steer:x.gguf,steer:y.gguf"),
                                    parse_world("b=temp:2")};
    EXPECT_ERROR(find_scale(worlds, "steer.scale"), "names 2");
    EXPECT_ERROR(find_scale(worlds, "lora.scale"), "names none");
    EXPECT_ERROR(find_scale(worlds, "b.scale"), "steer.scale or a.scale");
    EXPECT_ERROR(find_scale(worlds, "steer"), "names none");
    EXPECT_ERROR(find_scale({}, "steer.scale"), "no intervention here has one");
}

}  // namespace
}  // namespace otherwise
