#include "otherwise/fit/tail/packing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

/// Two prompts of one fact, three and two rows of width 2, then one row of another.
PackedPrompts three() {
    const std::vector<TailPrompt> prompts{
        {.state = {1, 2, 3, 4, 5, 6}, .at = 1, .targets = {{1, 7}, {2, 8}}},
        {.state = {7, 8, 9, 10}, .at = 0, .keep = 1},
        {.fact = 1, .state = {11, 12}, .at = 0, .targets = {{0, 9}}}};
    return packed(prompts, 2);
}

/// A line a row: "x" where it sees the column.
std::vector<std::string> drawn(const PackedPrompts& all, int window) {
    const auto mask = all.mask(window);
    std::vector<std::string> lines(static_cast<std::size_t>(all.rows));
    for (std::size_t i = 0; i < mask.size(); ++i) {
        lines[i / lines.size()] += mask[i] == 0.0F ? 'x' : std::isinf(mask[i]) ? '.' : '?';
    }
    return lines;
}

TEST(Packing, PutsRowsOneAfterTheOther) {
    const auto all = three();
    EXPECT_EQ(all.rows, 6);
    EXPECT_EQ(all.first, (std::vector<int>{0, 3, 5}));
    EXPECT_EQ(all.state, (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
    EXPECT_EQ(all.owner, (std::vector<std::int32_t>{0, 0, 0, 0, 0, 1}));
    EXPECT_EQ(all.positions, (std::vector<std::int32_t>{0, 1, 2, 0, 1, 0}));
    EXPECT_EQ(all.takes, (std::vector<float>{0, 1, 0, 1, 0, 1}));
}

TEST(Packing, FactsKnowTheirRows) {
    const auto all = three();
    ASSERT_EQ(all.facts.size(), 2U);
    ASSERT_EQ(all.facts[0].targets.size(), 2U);
    EXPECT_EQ(all.facts[0].targets[1].row, 2);
    EXPECT_EQ(all.facts[0].targets[1].token, 8);
    EXPECT_EQ(all.facts[0].kept, (std::vector<std::int32_t>{4}));
    EXPECT_EQ(all.facts[1].targets[0].row, 5);
    EXPECT_EQ(all.facts[1].targets[0].prompt, 2);
}

TEST(Packing, EachPromptSeesItself) {
    EXPECT_EQ(drawn(three(), 0), (std::vector<std::string>{"x.....", "xx....", "xxx...", "...x..",
                                                           "...xx.", ".....x"}));
    EXPECT_EQ(drawn(three(), 2), (std::vector<std::string>{"x.....", "xx....", ".xx...", "...x..",
                                                           "...xx.", ".....x"}));
}

TEST(Packing, WantsATargetForEachFact) {
    EXPECT_ERROR((void)packed({{.state = {1, 2}}}, 2), "a target for each fact");
}

}  // namespace
}  // namespace otherwise
