#include "otherwise/generate/run_samples.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace otherwise {
namespace {

/// Three strings, the second observed, in two worlds and a null world on the first and last.
struct Case {
    std::vector<Subject> subjects{{.id = "a", .noise = 1},
                                  {.id = "b", .noise = 2, .observed = Tokens{4, 5, 6}},
                                  {.id = "c", .noise = 3}};
    std::vector<RunWorld> worlds{
        {.name = "own"},
        {.name = "shared", .shares = true},
        {.name = "null", .role = WorldRole::null, .strings = {true, false, true}}};
    RunOptions options{.seed = 9, .samples = 2, .tokens = 25};
};

TEST(RunSamples, CountsThePairsOfEachWorld) {
    Case c;
    EXPECT_EQ(RunSamples(c.subjects, c.worlds, c.options).worlds_of(0), 3);
    EXPECT_EQ(RunSamples(c.subjects, c.worlds, c.options).worlds_of(1), 2);
    EXPECT_EQ(RunSamples(c.subjects, c.worlds, c.options).pairs(), 2 * (3 + 2 + 3));
    c.options.independent = true;  // floors have no fresh noise
    EXPECT_EQ(RunSamples(c.subjects, c.worlds, c.options).worlds_of(0), 5);
    EXPECT_EQ(RunSamples(c.subjects, c.worlds, c.options).pairs(), 2 * (5 + 4 + 5));
}

TEST(RunSamples, HaveTheNoiseOfTheirString) {
    const Case c;
    const RunSamples samples(c.subjects, c.worlds, c.options);
    EXPECT_EQ(samples.limit(0), 25);
    EXPECT_EQ(samples.limit(1), 3);
    const Sample same = samples.sample(2, 1, false);
    EXPECT_EQ(same.seed, 9U);
    EXPECT_EQ(same.noise, 3U);
    EXPECT_TRUE(same.following && !same.independent);
    const Sample fresh = samples.sample(2, 1, true);
    EXPECT_NE(fresh.seed, same.seed);
    EXPECT_EQ(fresh.noise, same.noise);
    EXPECT_TRUE(fresh.independent && !fresh.following);
}

TEST(RunSamples, AreLedInWorldsThatShare) {
    Case c;
    c.options.independent = true;
    c.options.stop_at_divergence = true;
    const RunSamples samples(c.subjects, c.worlds, c.options);
    const auto text = std::make_shared<FactualString>();
    const auto led = samples.led(1, 0, 2, text);
    ASSERT_EQ(led.size(), 4U);  // two numbers, each with its fresh one
    for (const Sample& sample : led) {
        EXPECT_TRUE(sample.led);
        EXPECT_EQ(sample.world, 1);
        EXPECT_EQ(sample.factual, text);
        EXPECT_EQ(sample.rules, &samples.rules(1));
        EXPECT_TRUE(sample.rules->stop_at_divergence);
    }
    EXPECT_FALSE(led[1].independent);
    EXPECT_TRUE(led[2].independent);
}

}  // namespace
}  // namespace otherwise
