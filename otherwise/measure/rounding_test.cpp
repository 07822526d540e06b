#include "otherwise/measure/rounding.h"

#include <gtest/gtest.h>

#include <cmath>

namespace otherwise {
namespace {

TEST(BeyondRounding, PairsTheStringsInCommonOnly) {
    ChangedStrings world;
    ChangedStrings nudge;
    for (int string = 0; string < 40; ++string) {
        world.add(string, 0, string % 4 == 0 ? 0.0 : 1.0);
        if (string % 2 == 0) {  // every second of them unchanged in the world
            nudge.add(string, 0, string % 4 == 0 ? 0.0 : 0.5);
        }
    }
    nudge.add(77, 0, 1.0);  // a string that the world does not have
    const auto beyond = compare_rounding(world, nudge);
    EXPECT_EQ(beyond.world.n, 20);
    EXPECT_DOUBLE_EQ(beyond.world.value, 0.5);
    EXPECT_DOUBLE_EQ(beyond.nudge.value, 0.25);
    EXPECT_DOUBLE_EQ(beyond.difference.value, 0.25);
    EXPECT_GT(beyond.difference.interval.low, 0.0);
    EXPECT_FALSE(beyond.near_floor());
}

TEST(BeyondRounding, IsNearTheFloorWhereTheDifferenceMayBeNone) {
    ChangedStrings world;
    ChangedStrings nudge;
    for (int string = 0; string < 40; ++string) {
        world.add(string, 0, string % 2 == 0 ? 1.0 : 0.0);
        nudge.add(string, 0, string % 3 == 0 ? 1.0 : 0.0);
    }
    EXPECT_TRUE(compare_rounding(world, nudge).near_floor());
    EXPECT_TRUE(compare_rounding(nudge, world).near_floor());
}

TEST(BeyondRounding, NothingInCommonIsUnknown) {
    ChangedStrings world;
    ChangedStrings nudge;
    world.add(0, 0, 1.0);
    const auto beyond = compare_rounding(world, nudge);
    EXPECT_EQ(beyond.difference.n, 0);
    EXPECT_TRUE(std::isnan(beyond.difference.value));
    EXPECT_TRUE(beyond.near_floor());
}

/// The bound: whatever the strings, the difference is at most the share on which the two differ.
TEST(BeyondRounding, DifferenceBoundsWhereTheTwoDiffer) {
    ChangedStrings world;
    ChangedStrings nudge;
    int differ = 0;
    for (int string = 0; string < 64; ++string) {
        const int factual = string % 2;
        const int w = string / 2 % 3;
        const int n = string / 6 % 2;
        world.add(string, 0, w == factual ? 0.0 : 1.0);
        nudge.add(string, 0, n == factual ? 0.0 : 1.0);
        differ += w == n ? 0 : 1;
    }
    EXPECT_LE(compare_rounding(world, nudge).difference.value, differ / 64.0);
    EXPECT_LE(compare_rounding(nudge, world).difference.value, differ / 64.0);
}

}  // namespace
}  // namespace otherwise
