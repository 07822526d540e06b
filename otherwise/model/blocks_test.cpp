#include "otherwise/model/blocks.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

constexpr Shape kTiled{.tile_rows = 64};
constexpr Shape kPlain{};

TEST(Blocks, TheBorderDependsOnThePromptAlone) {
    EXPECT_EQ(tiled_head(64, kTiled), 0);  // its last row is of the text
    EXPECT_EQ(tiled_head(65, kTiled), 64);
    EXPECT_EQ(tiled_head(1500, kTiled), 1499);
    EXPECT_EQ(tiled_head(1500, kPlain), 0);
    EXPECT_FALSE(tiled_text(63, kTiled));
    EXPECT_TRUE(tiled_text(64, kTiled));
    EXPECT_FALSE(tiled_text(64, kPlain));
}

TEST(Blocks, EveryCallOfATiledBlockHasItsLeastRows) {
    for (const int most : {128, 200, 512}) {
        for (int block = 64; block < 1600; ++block) {
            int left = block;
            while (left > 0) {
                const int rows = next_rows(left, most, true, kTiled);
                ASSERT_GE(rows, 64) << block << " " << most;
                ASSERT_LE(rows, most);
                left -= rows;
            }
            ASSERT_EQ(left, 0);
        }
    }
    EXPECT_EQ(next_rows(100, 63, false, kTiled), 63);
    EXPECT_EQ(next_rows(10, 63, false, kTiled), 10);
}

}  // namespace
}  // namespace otherwise
