#include "otherwise/generate/sharing.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

constexpr Mechanism kGreedy{.temperature = 0.0F};
constexpr Mechanism kFirst{.top_k = 1};
constexpr Mechanism kHot{.temperature = 1.3F};

TEST(Sharing, WorldsGoAlongWhereStreamsCanBeCutBack) {
    for (const auto& world : {Mechanism{}, kGreedy, kFirst, kHot}) {
        EXPECT_TRUE(goes_along(world, {}));
        EXPECT_FALSE(goes_along(world, {.can_trim = false}));
        EXPECT_TRUE(goes_along(world, {.can_trim = false, .writes = false}));
    }
}

TEST(Sharing, SureWorldsWriteOneStringBesideSeveral) {
    EXPECT_TRUE(goes_along(kHot, {.several = true}));
    for (const auto& world : {kGreedy, kFirst}) {
        EXPECT_FALSE(goes_along(world, {.several = true}));
        EXPECT_TRUE(goes_along(world, {.several = true, .factual = kGreedy}));
        EXPECT_TRUE(goes_along(world, {.writes = false, .several = true}));
    }
}

}  // namespace
}  // namespace otherwise
