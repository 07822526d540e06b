#include "otherwise/measure/run_totals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "otherwise/measure/world_measures.h"

namespace otherwise {
namespace {

const std::vector<WorldLabel> kWorlds = {{.name = "hot"},
                                         {.name = "sad", .nudge = 3},
                                         {.name = "null", .role = WorldRole::null},
                                         {.name = "nudge", .role = WorldRole::nudge}};

/// The string "1 2 3 …" and what a world makes of it: the same, or another last token.
Pair pair_of(int string, int world, bool changed, bool independent = false) {
    const Tokens tokens = {1, 2, string + 3};
    Pair pair{.string = string,
              .world = world,
              .role = kWorlds[static_cast<std::size_t>(world)].role,
              .independent = independent,
              .factual = std::make_shared<Written>(Written{.tokens = tokens})};
    pair.counterfactual.tokens = tokens;
    pair.counterfactual.tokens.back() += changed ? 1 : 0;
    pair.lcp = changed ? 2 : 3;
    return pair;
}

PairTexts texts_of(const Pair& pair) {
    const auto text = [](const Written& written) {
        std::string all;
        for (const Token token : written.tokens) {
            all += static_cast<char>('a' + token);
        }
        return all;
    };
    return {.factual = text(*pair.factual),
            .counterfactual = text(pair.counterfactual),
            .prompt = "p",
            .prompt_tokens = 1};
}

RunTotals filled(bool independent) {
    RunTotals totals(kWorlds, compile_targets({"e$"}, {}), independent, texts_of);
    for (int string = 0; string < 6; ++string) {
        totals.add(pair_of(string, 0, string < 2));
        if (independent) {
            totals.add(pair_of(string, 0, string < 5, true));
        }
        totals.add(pair_of(string, 1, string < 4));
        if (string < 3) {
            totals.add(pair_of(string, 2, false));
            totals.add(pair_of(string, 3, string == 0));
        }
    }
    return totals;
}

TEST(RunTotals, CountsEachWorldAndItsFreshNoise) {
    const auto totals = filled(true).totals();
    ASSERT_EQ(totals.size(), 6U);
    EXPECT_EQ(totals[0].name(), "hot");
    EXPECT_EQ(totals[0].summary.strings, 6);
    EXPECT_EQ(totals[0].summary.unchanged, 4);
    EXPECT_EQ(totals[1].name(), "hot (fresh noise)");
    EXPECT_TRUE(totals[1].independent);
    EXPECT_EQ(totals[1].summary.unchanged, 1);
    EXPECT_EQ(totals[2].name(), "sad");
    EXPECT_EQ(totals[3].summary.strings, 0);  // sad under fresh noise: nothing came
    EXPECT_EQ(totals[4].role, WorldRole::null);
    EXPECT_EQ(totals[4].summary.unchanged, 3);
    EXPECT_EQ(totals[5].summary.unchanged, 2);
    EXPECT_EQ(filled(false).totals().size(), 4U);
}

TEST(RunTotals, MeasureTextsOfWorldsThatAreNoFloor) {
    const auto totals = filled(false).totals();
    ASSERT_TRUE(totals[0].measures);
    EXPECT_EQ(totals[0].measures->pairs, 6);
    const auto& shifts = totals[0].measures->shifts;
    const auto target = std::find_if(shifts.begin(), shifts.end(),
                                     [](const Shift& shift) { return shift.key == "target"; });
    ASSERT_NE(target, shifts.end());
    EXPECT_EQ(target->flips->gained, 1);  // string 0: "bcd" became "bce"
    EXPECT_EQ(target->flips->lost, 1);    // string 1: "bce" became "bcf"
    EXPECT_FALSE(totals[2].measures);
    EXPECT_FALSE(totals[3].measures);
}

TEST(RunTotals, SetAWorldBesideItsNudge) {
    const auto totals = filled(false).totals();
    EXPECT_FALSE(totals[0].rounding);
    ASSERT_TRUE(totals[1].rounding);
    EXPECT_EQ(totals[1].rounding->nudge, "nudge");
    EXPECT_EQ(totals[1].rounding->beyond.difference.n, 3);  // the strings that both ran on
    EXPECT_NEAR(totals[1].rounding->beyond.difference.value, 2.0 / 3.0, 1e-12);
}

TEST(RunTotals, APairThatIsOnlyCountedTakesTheMeasuresAway) {
    RunTotals totals = filled(false);
    EXPECT_TRUE(totals.measured_all());
    totals.count(pair_of(6, 0, true));
    EXPECT_FALSE(totals.measured_all());
    const auto all = totals.totals();
    EXPECT_EQ(all[0].summary.strings, 7);
    EXPECT_FALSE(all[0].measures);
    EXPECT_TRUE(all[1].rounding);
}

}  // namespace
}  // namespace otherwise
