#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {
namespace {

struct Written {
    std::string text;
    Tokens tokens;
    bool ended = false;
};

TextPair pair_of(int cluster, const Written& a, const Written& b) {
    return {.cluster = cluster,
            .factual = {.text = a.text, .tokens = a.tokens, .ended = a.ended},
            .counterfactual = {.text = b.text, .tokens = b.tokens, .ended = b.ended}};
}

TextPair texts_of(int cluster, std::string_view a, std::string_view b) {
    return {.cluster = cluster, .factual = {.text = a}, .counterfactual = {.text = b}};
}

const Measure& measure(const PairSummary& summary, std::string_view key) {
    for (const auto& entry : summary.measures) {
        if (entry.key == key) {
            return entry;
        }
    }
    throw std::runtime_error("no measure " + std::string(key));
}

const Shift& shift(const PairSummary& summary, std::string_view key) {
    for (const auto& entry : summary.shifts) {
        if (entry.key == key) {
            return entry;
        }
    }
    throw std::runtime_error("no shift " + std::string(key));
}

bool has(const PairSummary& summary, const std::string& key) {
    for (const auto& entry : summary.measures) {
        if (entry.key == key) {
            return true;
        }
    }
    return false;
}

TEST(PairMeasures, OfThreePairsByHand) {
    PairMeasures measures;
    const Written same{.text = "abcd", .tokens = {1, 2}, .ended = false};
    measures.add(pair_of(0, same, same));
    const Written longer{.text = "abcdef", .tokens = {1, 2, 3}, .ended = false};
    measures.add(pair_of(1, same, longer));  // kept whole, and not unchanged
    const Written other{.text = "abxd", .tokens = {1, 9}, .ended = true};
    auto with_prompt = pair_of(2, same, other);
    with_prompt.prompt = "12345\xC3\xA9";
    with_prompt.prompt_tokens = 2;
    measures.add(with_prompt);
    const PairSummary s = measures.summary();
    EXPECT_EQ(s.pairs, 3);
    EXPECT_EQ(s.strings, 3);
    EXPECT_EQ(s.empty, 0);
    EXPECT_NEAR(measure(s, "unchanged").mean.value, 1.0 / 3, 1e-12);
    EXPECT_NEAR(measure(s, "kept_whole").mean.value, 2.0 / 3, 1e-12);
    EXPECT_NEAR(measure(s, "lcp_tokens").mean.value, (2 + 2 + 1) / 3.0, 1e-12);
    EXPECT_EQ(measure(s, "lcp_tokens").median->value, 2.0);
    EXPECT_NEAR(measure(s, "lcp_characters").mean.value, (4 + 4 + 2) / 3.0, 1e-12);
    EXPECT_EQ(measure(s, "lcp_share_tokens").mean.value, (2.0 + 1) / (2 + 2));
    EXPECT_EQ(measure(s, "lcp_share_tokens").mean.n, 1);
    EXPECT_EQ(measure(s, "lcp_share_tokens_all").mean.n, 1);  // elsewhere the prompt is unknown
    EXPECT_EQ(measure(s, "lcp_share_characters").mean.value, (6.0 + 2) / (6 + 4));
    EXPECT_NEAR(measure(s, "lcp_share_characters_all").mean.value, (1 + 1 + 0.8) / 3, 1e-12);
    EXPECT_NEAR(measure(s, "edit_tokens").mean.value, (0 + 1 + 1) / 3.0, 1e-12);
    EXPECT_NEAR(measure(s, "edit_characters").mean.value, (0 + 2 + 1) / 3.0, 1e-12);
    EXPECT_NEAR(measure(s, "edit_share").mean.value, (0 + 2 / 6.0 + 1 / 10.0) / 3, 1e-12);
    EXPECT_NEAR(measure(s, "edit_share_longer").mean.value, (0 + 2 / 6.0 + 1 / 4.0) / 3, 1e-12);
    EXPECT_FALSE(has(s, "cosine"));
    EXPECT_NEAR(shift(s, "length_tokens").difference.value, 1.0 / 3, 1e-12);
    EXPECT_NEAR(shift(s, "length_characters").difference.value, 2.0 / 3, 1e-12);
    EXPECT_NEAR(shift(s, "ended").difference.value, 1.0 / 3, 1e-12);
    EXPECT_EQ(shift(s, "ended").flips->gained, 1);
    EXPECT_EQ(shift(s, "ended").flips->lost, 0);
}

TEST(PairMeasures, AnEndIsAChange) {
    PairMeasures measures;
    measures.add(pair_of(0, {"ab", {1}, false}, {"ab", {1}, false}));
    EXPECT_EQ(measure(measures.summary(), "unchanged").mean.value, 1.0);
    measures.add(pair_of(1, {"ab", {1}, false}, {"ab", {1, 0}, true}));
    EXPECT_EQ(measure(measures.summary(), "unchanged").mean.value, 0.5);
    EXPECT_EQ(measure(measures.summary(), "kept_whole").mean.value, 1.0);
}

TEST(PairMeasures, WithoutTokensCharactersDecide) {
    PairMeasures measures;
    measures.add(texts_of(0, "one two three four one two three four", "one two three four"));
    measures.add(texts_of(1, "abc", "abd"));
    const PairSummary s = measures.summary();
    EXPECT_FALSE(has(s, "lcp_tokens"));
    EXPECT_FALSE(has(s, "edit_tokens"));
    EXPECT_EQ(measure(s, "unchanged").mean.value, 0.0);
    EXPECT_NEAR(measure(s, "lcp_share_characters").mean.value, (18.0 / 37 + 2.0 / 3) / 2, 1e-12);
    EXPECT_EQ(shift(s, "repetition").difference.n, 1);  // "abc" has no 4-gram
    EXPECT_NEAR(shift(s, "repetition").difference.value, -0.2, 1e-12);
}

TEST(PairMeasures, EmptyTextsAreCountedAndDivideNothing) {
    PairMeasures measures;
    measures.add(texts_of(0, "", ""));
    measures.add(texts_of(1, "abc", ""));
    measures.add(texts_of(2, "", "abcd"));
    measures.add(texts_of(3, "abc", "abd"));
    const PairSummary s = measures.summary();
    EXPECT_EQ(s.empty, 3);
    EXPECT_EQ(measure(s, "edit_share").mean.n, 3);  // 3 / 0 is left out, 0 / 0 is unchanged
    EXPECT_NEAR(measure(s, "edit_share").mean.value, (0 + 1 + 1.0 / 3) / 3, 1e-12);
    EXPECT_EQ(measure(s, "edit_share_longer").mean.n, 4);
    EXPECT_EQ(measure(s, "unchanged").mean.value, 0.25);
    for (const auto& entry : s.measures) {
        EXPECT_TRUE(std::isfinite(entry.mean.value)) << entry.key;
    }
}

TEST(PairMeasures, TargetsAndTheirFlips) {
    PairMeasures measures({{.kind = "target", .pattern = Pattern("--target", "koala")},
                           {.kind = "off-target", .pattern = Pattern("--off-target", "bear")}});
    for (int i = 0; i < 8; ++i) {
        measures.add(texts_of(i, "a bear", i < 6 ? "a koala" : "a bear"));
    }
    measures.add(texts_of(8, "a koala", "a cat"));
    const PairSummary s = measures.summary();
    const Shift& target = shift(s, "target");
    EXPECT_EQ(target.title, "target koala");
    EXPECT_NEAR(target.factual.value, 1.0 / 9, 1e-12);
    EXPECT_NEAR(target.counterfactual.value, 6.0 / 9, 1e-12);
    EXPECT_EQ(target.flips->gained, 6);
    EXPECT_EQ(target.flips->lost, 1);
    EXPECT_NEAR(target.flips->p, mcnemar_exact(6, 1), 1e-12);
    EXPECT_EQ(shift(s, "off-target").flips->lost, 6);
}

TEST(PairMeasures, FlipsOfOneStringCountOnceInTheTest) {
    PairMeasures measures({{.kind = "target", .pattern = Pattern("--target", "b")}});
    for (int i = 0; i < 10; ++i) {
        measures.add(texts_of(i / 5, "a", "b"));
    }
    const Flips flips = *shift(measures.summary(), "target").flips;
    EXPECT_EQ(flips.gained, 10);
    EXPECT_EQ(flips.strings_gained, 2);
    EXPECT_NEAR(flips.p, 0.5, 1e-12);  // not 2 / 1024
}

TEST(PairMeasures, PairingSavesWhatFreshNoiseMeasures) {
    // Texts hit by luck shared within a pair; one in fifty flips. Fresh pairs share no luck.
    std::mt19937_64 engine(4);
    const std::vector<Target> targets = {{.kind = "target", .pattern = Pattern("--target", "hit")}};
    PairMeasures coupled(targets);
    PairMeasures fresh(targets);
    const auto luck = [&] { return engine() % 2 == 0 ? "hit" : "miss"; };
    for (int i = 0; i < 2000; ++i) {
        const std::string before = luck();
        coupled.add(texts_of(i, before, engine() % 50 == 0 ? luck() : before));
        fresh.add(texts_of(i, before, luck()));
    }
    const Shift a = shift(coupled.summary(), "target");
    const Shift b = shift(fresh.summary(), "target");
    EXPECT_NEAR(a.ratio, 50.0, 20.0);
    EXPECT_NEAR(measured_ratio(a, b) / a.ratio, 1.0, 0.1);  // the formula agrees
    EXPECT_NEAR(b.ratio, 1.0, 0.1);
    EXPECT_EQ(a.independent_samples(), 2000 * a.ratio);
}

TEST(PairMeasures, OfNothing) {
    const PairSummary s = PairMeasures{}.summary();
    EXPECT_EQ(s.pairs, 0);
    EXPECT_TRUE(s.measures.empty());
    EXPECT_TRUE(s.shifts.empty());
}

TEST(PairMeasures, HistogramsHoldEveryPairOnce) {
    PairMeasures measures;
    EXPECT_TRUE(measures.cosines().counts.empty());
    const auto add = [&](const char* after, double cosine) {
        measures.add(
            {.factual = {.text = "aaaa"}, .counterfactual = {.text = after}, .cosine = cosine});
    };
    add("aaaa", 1.0);
    add("aaab", 0.93);
    add("aabb", 0.84);
    add("bbbb", 0.81);
    const Histogram edits = measures.edits(20);
    EXPECT_EQ(edits.apart, 1);
    EXPECT_EQ(edits.counts[5], 1);   // a quarter
    EXPECT_EQ(edits.counts[10], 1);  // a half
    EXPECT_EQ(edits.counts[19], 1);
    EXPECT_EQ(edits.median, 0.5);
    const Histogram cosines = measures.cosines();
    EXPECT_EQ(cosines.apart, 1);
    EXPECT_NEAR(cosines.low, 0.8, 1e-12);
    EXPECT_NEAR(cosines.width, 0.01, 1e-12);
    EXPECT_EQ(cosines.counts.size(), 20U);
    EXPECT_EQ(std::accumulate(cosines.counts.begin(), cosines.counts.end(), 0L), 3);
    add("bbba", -0.4);
    EXPECT_NEAR(measures.cosines().low, -0.5, 1e-12);
    EXPECT_NEAR(measures.cosines().width, 0.1, 1e-12);
}

}  // namespace
}  // namespace otherwise
