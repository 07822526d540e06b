#include "otherwise/api/live_remedy.h"

#include <gtest/gtest.h>

#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

WorldPlan plan(const char* world) {
    return with_interventions({.name = "factual", .model = "m.gguf"}, parse_world(world));
}

TEST(LiveRemedy, StrengthsAtOneAndNothingElse) {
    EXPECT_EQ(at_one(parse_world("a=steer:v.gguf:0.3@layers=1-2,lora:l.gguf:-2,temp:1.5")),
              parse_world("a=steer:v.gguf@layers=1-2,lora:l.gguf,temp:1.5"));
}

TEST(LiveRemedy, FitsTheSameNetworksInAnyOrder) {
    const FoundRemedy remedy{.networks = {plan("a=lora:l.gguf"), plan("b=steer:v.gguf")}};
    EXPECT_TRUE(remedy.fits(
        {plan("x=steer:v.gguf"), plan("y=lora:l.gguf"), plan("z=lora:l.gguf,temp:2,prefix:a")}));
    EXPECT_FALSE(remedy.fits({plan("a=lora:l.gguf")})) << "one network less";
    EXPECT_FALSE(remedy.fits({plan("a=lora:l.gguf"), plan("b=steer:v.gguf"), plan("c=fa:off")}));
    EXPECT_FALSE(remedy.fits({plan("a=lora:l.gguf"), plan("b=steer:v.gguf@layers=1")}));
    EXPECT_FALSE(has_network(remedy.networks, plan("t=temp:2"))) << "the factual one is not there";
}

TEST(LiveRemedy, BitsDependOnRemedyAndKernel) {
    const FoundRemedy remedy{.least_rows = 2};
    EXPECT_TRUE(remedy.same_bits(remedy));
    EXPECT_FALSE(remedy.same_bits({.repack = false, .least_rows = 2}));
    EXPECT_FALSE(remedy.same_bits({.least_rows = 8}));
    EXPECT_FALSE(remedy.same_bits({.least_rows = 2, .tiled = true}));
    EXPECT_FALSE(remedy.same_bits({.least_rows = 2, .fixed = {.streams = 64, .rows = 2}}));
}

}  // namespace
}  // namespace otherwise
