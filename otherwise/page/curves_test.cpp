#include "otherwise/page/curves.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>

namespace otherwise {
namespace {

Pair pair_of(int string, int length, int lcp, int other_length = -1) {
    Pair pair;
    pair.string = string;
    auto factual = std::make_shared<Written>();
    factual->tokens.assign(static_cast<std::size_t>(length), 1);
    pair.factual = factual;
    const int other = other_length < 0 ? length : other_length;
    pair.counterfactual.tokens.assign(static_cast<std::size_t>(other), 1);
    pair.lcp = lcp;
    return pair;
}

std::vector<CurvePoint> survival_of(const CurveBuilder& builder, int most) {
    return builder.survival(most);
}

/// Two strings of 4 tokens that keep 1 and 4, one of 2 tokens that keeps 2.
CurveBuilder three() {
    CurveBuilder builder;
    builder.add(pair_of(0, 4, 1));
    builder.add(pair_of(1, 4, 4));
    builder.add(pair_of(2, 2, 2));
    return builder;
}

TEST(Curves, SurvivalCountsStringsThatAreLongEnough) {
    const auto curve = survival_of(three(), 10);
    ASSERT_EQ(curve.size(), 4U);
    EXPECT_EQ(curve[0].tokens, 1);
    EXPECT_DOUBLE_EQ(curve[0].share.value, 1.0);
    EXPECT_DOUBLE_EQ(curve[1].share.value, 2.0 / 3.0);
    EXPECT_EQ(curve[1].share.n, 3);
    EXPECT_DOUBLE_EQ(curve[3].share.value, 0.5);
    EXPECT_EQ(curve[3].share.n, 2);
}

TEST(Curves, AtMostSoManyPointsFromOneToTheLongest) {
    CurveBuilder builder;
    builder.add(pair_of(0, 1000, 400));
    builder.add(pair_of(1, 1000, 700));
    const auto curve = survival_of(builder, 16);
    ASSERT_EQ(curve.size(), 16U);
    EXPECT_EQ(curve.front().tokens, 1);
    EXPECT_EQ(curve.back().tokens, 1000);
    for (std::size_t i = 1; i < curve.size(); ++i) {
        EXPECT_GT(curve[i].tokens, curve[i - 1].tokens);
        EXPECT_LE(curve[i].share.value, curve[i - 1].share.value);
    }
}

TEST(Curves, HistogramHoldsEveryPairOnce) {
    CurveBuilder builder;
    for (int lcp = 0; lcp < 100; ++lcp) {
        builder.add(pair_of(lcp, 100, lcp));
    }
    builder.add(pair_of(100, 100, 100));
    for (const int most : {1, 7, 26, 100, 500}) {
        const auto histogram = builder.histogram(most);
        EXPECT_LE(histogram.counts.size(), static_cast<std::size_t>(most));
        EXPECT_EQ(std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0L), 100);
        EXPECT_EQ(histogram.unchanged, 1);
        for (std::size_t bin = 0; bin + 1 < histogram.counts.size(); ++bin) {
            EXPECT_EQ(histogram.counts[bin], histogram.width);
        }
    }
}

TEST(Curves, AStringThatGoesOnIsNotUnchanged) {
    CurveBuilder builder;
    builder.add(pair_of(0, 3, 3, 5));
    const auto histogram = builder.histogram(10);
    EXPECT_EQ(histogram.unchanged, 0);
    EXPECT_EQ(histogram.counts.back(), 1);
}

TEST(Curves, NothingOfNothing) {
    const CurveBuilder builder;
    EXPECT_TRUE(survival_of(builder, 5).empty());
    EXPECT_EQ(builder.histogram(5).unchanged, 0);
}

}  // namespace
}  // namespace otherwise
