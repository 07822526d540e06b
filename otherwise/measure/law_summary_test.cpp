#include "otherwise/measure/law_summary.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace otherwise {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

StringLaw string_law(int string, const std::vector<double>& stay) {
    StringLaw law;
    law.string = string;
    law.stay = stay;
    law.prefix = prefix_law(stay);
    for (std::size_t t = 0; t < stay.size(); ++t) {
        Comparison at;
        at.stay = stay[t];
        at.kl = 0.1 * static_cast<double>(t + 1);
        at.same_draw = 0.25;
        at.log_p = std::log(0.5);
        at.log_q = std::log(0.25);
        at.top_p = 1;
        at.top_q = t % 2 == 0 ? 1 : 2;
        law.at.push_back(at);
        law.scored.push_back(static_cast<int>(t));
    }
    law.bounds = {.low = 0.2, .high = 0.8};
    law.token_bounds = {.low = 0.1, .high = 0.6};
    return law;
}

TEST(LawSummary, IsTheMeanOfItsStrings) {
    LawSummaryBuilder builder;
    builder.add(string_law(0, {0.5, 1.0, 0.25}));
    builder.add(string_law(1, {1.0}));
    const auto summary = builder.summary();
    EXPECT_EQ(summary.strings, 2);
    EXPECT_EQ(summary.positions, 4);
    EXPECT_EQ(summary.length, 2.0);
    EXPECT_DOUBLE_EQ(summary.unchanged.value, (0.125 + 1.0) / 2);
    EXPECT_DOUBLE_EQ(summary.expected_lcp.value, (1.125 + 1.0) / 2);
    ASSERT_EQ(summary.survival.size(), 3U);
    EXPECT_DOUBLE_EQ(summary.survival[0].value, 0.75);
    EXPECT_EQ(summary.survival[0].n, 2);
    EXPECT_DOUBLE_EQ(summary.survival[2].value, 0.125);  // of the string that is that long
    EXPECT_EQ(summary.survival[2].n, 1);
    EXPECT_DOUBLE_EQ(summary.agreement, 2.75 / 4);
    EXPECT_FALSE(summary.exact_agreement.has_value());
    EXPECT_DOUBLE_EQ(summary.same_draw, 0.25);
    EXPECT_NEAR(summary.kl.mean, (0.1 + 0.2 + 0.3 + 0.1) / 4, 1e-7);
    EXPECT_NEAR(summary.kl.median, 0.15, 1e-7);
    EXPECT_NEAR(summary.kl.maximum, 0.3, 1e-7);
    EXPECT_DOUBLE_EQ(summary.same_top, 0.75);
    EXPECT_DOUBLE_EQ(summary.rms_dp, 0.25);
    EXPECT_DOUBLE_EQ(summary.perplexity, 2.0);
    EXPECT_DOUBLE_EQ(summary.other_perplexity, 4.0);
    EXPECT_DOUBLE_EQ(summary.bounds.low, 0.2);
    EXPECT_DOUBLE_EQ(summary.token_bounds.high, 0.6);
}

TEST(LawSummary, SamplesOfAStringAreOneCluster) {
    LawSummaryBuilder builder;
    for (int i = 0; i < 40; ++i) {
        builder.add(string_law(i % 4, {0.1 * (i % 4)}));
    }
    const auto summary = builder.summary();
    EXPECT_EQ(summary.unchanged.n, 40);
    EXPECT_EQ(summary.unchanged.clusters, 4);
}

TEST(LawSummary, OfNothingAndOfTheImpossible) {
    EXPECT_EQ(LawSummaryBuilder().summary().strings, 0);
    LawSummaryBuilder builder;
    auto law = string_law(0, {0.0, 0.5});
    law.at[0].log_q = -kInf;
    law.at[0].kl = kInf;
    law.agreement = {0.5, 0.75};
    builder.add(law);
    const auto summary = builder.summary();
    EXPECT_EQ(summary.kl.mean, kInf);
    EXPECT_EQ(summary.kl.maximum, kInf);
    EXPECT_EQ(summary.other_perplexity, kInf);
    EXPECT_FALSE(std::isnan(summary.rms_dp));
    EXPECT_DOUBLE_EQ(*summary.exact_agreement, 0.625);
}

TEST(LawSummary, QuantilesInterpolate) {
    std::vector<float> values{4.0F, 1.0F, 3.0F, 2.0F, 5.0F};
    const auto quantiles = quantiles_of(values);
    EXPECT_EQ(quantiles.mean, 3.0);
    EXPECT_EQ(quantiles.median, 3.0);
    EXPECT_NEAR(quantiles.p90, 4.6, 1e-6);
    EXPECT_EQ(quantiles.maximum, 5.0);
    std::vector<float> none;
    EXPECT_EQ(quantiles_of(none).maximum, 0.0);
    std::vector<float> one{2.0F};
    EXPECT_EQ(quantiles_of(one).p999, 2.0);
}

}  // namespace
}  // namespace otherwise
