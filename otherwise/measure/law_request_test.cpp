#include "otherwise/measure/law_request.h"

#include <gtest/gtest.h>

#include "otherwise/world/spec.h"
#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

TEST(ParseSite, AnIdAndAPosition) {
    const auto site = parse_site("a:b:12");
    EXPECT_EQ(site.string, "a:b");
    EXPECT_EQ(site.position, 12);
    EXPECT_EQ(site.sample, 0);
    for (const char* wrong : {"", "1", "1:", ":2", "1:-2", "1:2x"}) {
        EXPECT_ERROR(parse_site(wrong), "`law_at=STRING:POSITION`");
    }
}

TEST(ChooseString, ByItsIdOrWithItsSample) {
    const std::vector<InputString> strings{{.id = "x"}, {.id = "y#1"}, {.id = "y"}};
    TokenSite site{.string = "y"};
    EXPECT_EQ(choose_string(strings, site).front().id, "y");
    site = {.string = "x#3"};
    EXPECT_EQ(choose_string(strings, site).front().id, "x");
    EXPECT_EQ(site.sample, 3);
    site = {.string = "y#1"};  // its own id, not a sample
    EXPECT_EQ(choose_string(strings, site).front().id, "y#1");
    EXPECT_EQ(site.sample, 0);
    for (const char* wrong : {"z", "x#", "x#-1", "z#1"}) {
        site = {.string = wrong};
        EXPECT_ERROR(choose_string(strings, site), "with the id of a string");
    }
}

TEST(ParseThreshold, FromNothingToTheScaleOrBetweenTwo) {
    const std::vector<World> worlds{parse_world("sad=steer:sad.gguf:1.5"),
                                    parse_world("hot=temp:1.5")};
    auto request = parse_threshold("steer.scale", worlds);
    EXPECT_EQ(request.target, "steer.scale");
    EXPECT_EQ(request.site.world, 0U);
    EXPECT_EQ(request.low, 0.0);
    EXPECT_EQ(request.high, 1.5);
    request = parse_threshold("sad.scale=3", worlds);
    EXPECT_EQ(request.low, 0.0);
    EXPECT_EQ(request.high, 3.0);
    request = parse_threshold("temp=2:1", worlds);
    EXPECT_EQ(request.site.world, 1U);
    EXPECT_EQ(request.low, 2.0);
    EXPECT_EQ(request.high, 1.0);
}

TEST(ParseThreshold, RefusesWhatIsNoRange) {
    const std::vector<World> worlds{parse_world("sad=steer:sad.gguf"), parse_world("hot=temp:2")};
    EXPECT_ERROR(parse_threshold("lora.scale", worlds), "lora.scale");
    EXPECT_ERROR(parse_threshold("steer.scale=", worlds), "TARGET=LOW:HIGH");
    EXPECT_ERROR(parse_threshold("steer.scale=0:x", worlds), "TARGET=LOW:HIGH");
    EXPECT_ERROR(parse_threshold("steer.scale=0:inf", worlds), "TARGET=LOW:HIGH");
    EXPECT_ERROR(parse_threshold("steer.scale=1:1", worlds), "two different strengths");
    EXPECT_ERROR(parse_threshold("temp=2", worlds), "for a setting of the mechanism");
}

}  // namespace
}  // namespace otherwise
