#include "otherwise/generate/record.h"

#include <gtest/gtest.h>

namespace otherwise {
namespace {

Pair pair_of(const Tokens& factual, const Tokens& counterfactual, int lcp) {
    Pair pair;
    pair.factual = std::make_shared<Written>(Written{.tokens = factual, .ended = false});
    pair.counterfactual = {.tokens = counterfactual, .ended = false};
    pair.lcp = lcp;
    return pair;
}

constexpr Divergence kDecided{
    .position = 99, .factual = 98, .counterfactual = 97, .runner_up = 6, .margin = 0.5};

TEST(DivergenceOf, IsWhereTheStringsPartWithTheMarginThatDecidedIt) {
    const auto at = divergence_of(pair_of({1, 2, 3}, {1, 2, 4, 5}, 2), kDecided);
    EXPECT_EQ(at.position, 2);
    EXPECT_EQ(at.factual, 3);
    EXPECT_EQ(at.counterfactual, 4);
    EXPECT_EQ(at.runner_up, 6);
    EXPECT_EQ(at.margin, 0.5);
}

TEST(DivergenceOf, NamesNoTokenWhereOneStringHasEnded) {
    const auto longer = divergence_of(pair_of({1, 2}, {1, 2, 4}, 2), kDecided);
    EXPECT_EQ(longer.factual, -1);
    EXPECT_EQ(longer.counterfactual, 4);
    const auto shorter = divergence_of(pair_of({1, 2}, {1}, 1), kDecided);
    EXPECT_EQ(shorter.factual, 2);
    EXPECT_EQ(shorter.counterfactual, -1);
}

}  // namespace
}  // namespace otherwise
