#include "otherwise/measure/summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace otherwise {
namespace {

constexpr Token kEnd = 0;

Pair pair_of(const Tokens& factual, const Tokens& counterfactual, double margin = 1.0) {
    Pair pair;
    const auto ended = [](const Tokens& tokens) {
        return !tokens.empty() && tokens.back() == kEnd;
    };
    pair.factual = std::make_shared<Written>(Written{factual, ended(factual)});
    pair.counterfactual = {counterfactual, ended(counterfactual)};
    const auto same =
        std::mismatch(factual.begin(), factual.end(), counterfactual.begin(), counterfactual.end());
    pair.lcp = static_cast<int>(same.first - factual.begin());
    pair.margin = margin;
    return pair;
}

TEST(ChangedTokens, CountsPositionsOneByOne) {
    EXPECT_EQ(changed_tokens(pair_of({1, 2, 3}, {1, 2, 3})), 0);
    EXPECT_EQ(changed_tokens(pair_of({1, 2, 3}, {1, 9, 3})), 1);  // agreement after it counts
    EXPECT_EQ(changed_tokens(pair_of({1, 2, 3}, {1})), 2);        // missing ones differ
    EXPECT_EQ(changed_tokens(pair_of({1}, {2, 3, 4})), 3);
    EXPECT_EQ(changed_tokens(pair_of({1, 2, 3}, {9, 1, 2})), 3);  // no alignment
    EXPECT_EQ(changed_tokens(pair_of({}, {})), 0);
}

TEST(Summary, OfFourPairs) {
    SummaryBuilder builder;
    builder.add(pair_of({1, 2, 3, kEnd}, {1, 2, 3, kEnd}, 0.5));     // unchanged, lcp 4
    builder.add(pair_of({1, 2, 3, 4}, {1, 2, 9, 4}, 0.005));         // lcp 2, fragile
    builder.add(pair_of({1, 2, 3, 4}, {1, kEnd}, 0.01));             // lcp 1, not fragile
    builder.add(pair_of({1, 2, 3, 4, 5}, {9, 8, 7, 6, 5, 4}, 2.0));  // lcp 0
    const Summary s = builder.summary();
    EXPECT_EQ(s.strings, 4);
    EXPECT_EQ(s.unchanged, 1);
    EXPECT_EQ(s.unchanged_share, 0.25);
    EXPECT_EQ(s.lcp_median, 1.5);
    EXPECT_EQ(s.lcp_mean, 1.75);
    EXPECT_EQ(s.lcp_median_share, 0.375);
    EXPECT_EQ(s.lcp_mean_share, (1.0 + 0.5 + 0.25 + 0.0) / 4);
    EXPECT_EQ(s.changed_tokens, 0 + 1 + 3 + 5);
    EXPECT_EQ(s.positions, 4 + 4 + 4 + 6);
    EXPECT_EQ(s.changed_share, 0.5);
    EXPECT_EQ(s.fragile, 1);
    EXPECT_EQ(s.factual_ended, 1);
    EXPECT_EQ(s.counterfactual_ended, 2);
    EXPECT_EQ(s.mean_divergence, 1.0);
}

TEST(Summary, OfTheNullWorldIsTheFloor) {
    SummaryBuilder builder;
    builder.add(pair_of({1, 2, 3}, {1, 2, 3}));
    const Summary s = builder.summary();
    EXPECT_EQ(s.unchanged_share, 1.0);
    EXPECT_EQ(s.lcp_mean_share, 1.0);
    EXPECT_EQ(s.changed_tokens, 0);
    EXPECT_FALSE(s.mean_divergence.has_value());
    // The control: one token more is seen.
    builder.add(pair_of({1, 2, 3}, {1, 2, 3, 4}));
    EXPECT_EQ(builder.summary().unchanged, 1);
    EXPECT_EQ(builder.summary().changed_tokens, 1);
    EXPECT_EQ(builder.summary().mean_divergence, 3.0);
}

TEST(Summary, OfNothing) {
    EXPECT_EQ(SummaryBuilder{}.summary(), Summary{});
    SummaryBuilder empty;
    empty.add(pair_of({}, {}));
    EXPECT_EQ(empty.summary().lcp_mean_share, 1.0);
    EXPECT_EQ(empty.summary().changed_share, 0.0);
    empty.add(pair_of({}, {1}));
    EXPECT_EQ(empty.summary().lcp_mean_share, 0.5);
}

TEST(Summary, DoesNotDependOnTheOrder) {
    std::mt19937_64 engine(11);
    std::vector<Pair> pairs;
    for (int i = 0; i < 101; ++i) {
        Tokens a(1 + engine() % 30);
        Tokens b(1 + engine() % 30);
        for (Tokens* tokens : {&a, &b}) {
            for (Token& token : *tokens) {
                token = static_cast<Token>(engine() % 2);
            }
        }
        pairs.push_back(pair_of(a, b));
    }
    const auto sum = [&] {
        SummaryBuilder builder;
        for (const Pair& pair : pairs) {
            builder.add(pair);
        }
        return builder.summary();
    };
    const Summary before = sum();
    std::shuffle(pairs.begin(), pairs.end(), engine);
    EXPECT_EQ(sum(), before);
}

}  // namespace
}  // namespace otherwise
