#include "otherwise/api/live_remedy.h"

#include <gtest/gtest.h>

#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

TEST(LiveRemedy, StrengthsAtOneAndNothingElse) {
    EXPECT_EQ(at_one(parse_world("a=steer:v.gguf:0.3@layers=1-2,lora:l.gguf:-2,temp:1.5")),
              parse_world("a=steer:v.gguf@layers=1-2,lora:l.gguf,temp:1.5"));
}

TEST(LiveRemedy, AnAdapterOfStrengthZeroIsNone) {
    EXPECT_EQ(at_one(parse_world("a=steer:v.gguf:0,lora:l.gguf:0")),
              parse_world("a=steer:v.gguf:1,lora:l.gguf:0"));
}

TEST(LiveRemedy, BitsDependOnRemedyAndKernel) {
    const FoundRemedy remedy{.networks = {"a"}, .least_rows = 2};
    EXPECT_EQ(bits_of(remedy), bits_of({.networks = {"b"}, .least_rows = 2}));
    EXPECT_NE(bits_of(remedy), bits_of({.least_rows = 2, .tiled = true}));
    EXPECT_NE(bits_of(remedy), bits_of({.repack = false, .least_rows = 2}));
    EXPECT_NE(bits_of(remedy), bits_of({.least_rows = 8}));
    EXPECT_NE(bits_of(remedy), bits_of({.least_rows = 2, .tiled = false}));
    EXPECT_NE(bits_of(remedy), bits_of({.least_rows = 2, .fixed = {.streams = 64, .rows = 2}}));
}

}  // namespace
}  // namespace otherwise
