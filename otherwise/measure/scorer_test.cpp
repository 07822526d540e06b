// needs: llama
#include "otherwise/measure/scorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/expect_error.h"

namespace otherwise {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ReadPair pair(const std::string& string, const std::string& factual,
              const std::string& counterfactual) {
    ReadPair pair;
    pair.string = string;
    pair.factual.text = factual;
    pair.counterfactual.text = counterfactual;
    return pair;
}

ReadPair with_tokens(const std::string& text, Tokens factual, Tokens counterfactual) {
    ReadPair whole = pair("", text, text);
    whole.prompt_tokens = 0;
    whole.factual.tokens = std::move(factual);
    whole.counterfactual.tokens = std::move(counterfactual);
    return whole;
}

TEST(Scorer, FreshPairsStandBehindTheirWorld) {
    Scorer scorer({});
    ReadPair fresh = pair("1", "a", "c");
    fresh.independent = true;
    scorer.add({fresh, pair("1", "a", "b"), pair("2", "a", "a")}, "hot");
    const auto worlds = scorer.worlds();
    ASSERT_EQ(worlds.size(), 2U);
    EXPECT_EQ(worlds[0].world, "hot");
    EXPECT_FALSE(worlds[0].independent);
    EXPECT_EQ(worlds[0].summary.pairs, 2);
    ASSERT_TRUE(worlds[0].fresh);
    EXPECT_EQ(worlds[0].fresh->pairs, 1);
    EXPECT_TRUE(worlds[1].independent);
    EXPECT_EQ(worlds[1].summary.pairs, 1);
}

TEST(Scorer, ReadsRecordsLikePlainPairs) {
    std::istringstream in(
        "{\"string\": \"x\", \"factual\": \"a\", \"counterfactual\": \"b\"}\n"
        "{\"string\": \"y\", \"factual\": \"a\", \"counterfactual\": \"a\", \"world\": \"w\"}\n");
    Scorer scorer({});
    scorer.read(in, "pairs", {}, "unnamed");
    const auto worlds = scorer.worlds();
    ASSERT_EQ(worlds.size(), 2U);
    EXPECT_EQ(worlds[0].world, "unnamed");
    EXPECT_EQ(worlds[1].world, "w");
}

TEST(Scorer, MatchesTwoSources) {
    std::istringstream a("{\"id\": 1, \"text\": \"x\"}\n{\"id\": 2, \"text\": \"x\"}\n");
    std::istringstream b("{\"id\": 2, \"text\": \"y\"}\n");
    Scorer scorer({});
    scorer.match(a, "first.jsonl", b, "second.jsonl", {}, "edited");
    EXPECT_EQ(scorer.worlds().front().summary.pairs, 1);
    EXPECT_THAT(scorer.notes(),
                ElementsAre("1 texts of first.jsonl and 0 of second.jsonl have no partner with "
                            "their id; they are left out"));
}

TEST(Scorer, TheLimitCountsStringsOfASource) {
    Scorer scorer({.limit = 1});
    scorer.add({pair("1", "a", "b"), pair("1", "a", "c"), pair("2", "a", "b")}, "w");
    scorer.add({pair("3", "a", "b")}, "w");
    EXPECT_EQ(scorer.worlds().front().summary.pairs, 3);
}

TEST(Scorer, OnlyTheWorldsThatAreAskedFor) {
    Scorer scorer({.worlds = {"b"}});
    ReadPair other = pair("1", "a", "b");
    other.world = "b";
    scorer.add({pair("1", "a", "b"), other}, "a");
    const auto worlds = scorer.worlds();
    ASSERT_EQ(worlds.size(), 1U);
    EXPECT_EQ(worlds.front().world, "b");
    Scorer none({.worlds = {"c"}});
    none.add({pair("1", "a", "b")}, "a");
    EXPECT_ERROR(none.worlds(), "`world=NAME`, one of a, got 'c'");
}

TEST(Scorer, RepeatsAreCountedAndSaid) {
    Scorer scorer({});
    scorer.add({pair("1", "a", "b"), pair("1", "a", "b")}, "w");
    EXPECT_EQ(scorer.worlds().front().summary.pairs, 2);
    EXPECT_THAT(scorer.notes(), ElementsAre(HasSubstr("1 of 2 pairs repeat")));
}

TEST(Scorer, AStartTokenOfOneSideIsLeftOut) {
    Scorer scorer({});
    scorer.add({with_tokens("a b", {7, 1, 2}, {1, 2}), with_tokens("c", {7, 3}, {3})}, "w");
    const auto worlds = scorer.worlds();
    EXPECT_THAT(scorer.notes(), ElementsAre(HasSubstr("begin with token 7")));
    const auto& measures = worlds.front().summary.measures;
    const auto unchanged = std::ranges::find(measures, "unchanged", &Measure::key);
    ASSERT_NE(unchanged, measures.end());
    EXPECT_EQ(unchanged->mean.value, 1.0);
}

TEST(Scorer, PlainPairsMustBeWhole) {
    Scorer scorer({});
    EXPECT_ERROR(scorer.add({pair("1", "a", "b"), pair("2", "a", "\xff")}, "w"),
                 "texts in UTF-8, got other bytes in pair 2");
    ReadPair lame = with_tokens("a", {1}, {1});
    lame.factual.tokens.reset();
    EXPECT_ERROR(scorer.add({lame}, "w"), "got those of one in pair 1");
}

TEST(Scorer, PairsWithoutANameAreStringsOfTheirOwn) {
    Scorer scorer({});
    scorer.add({pair("", "a", "b"), pair("", "a", "b")}, "w");
    EXPECT_EQ(scorer.worlds().front().summary.strings, 2);
    EXPECT_TRUE(scorer.notes().empty());
}

TEST(Scorer, StopsWhereItIsCancelled) {
    int asked = 0;
    Scorer scorer({.cancelled = [&] { return ++asked > 1; }});
    std::vector<ReadPair> pairs;
    for (int i = 0; i < 100; ++i) {
        pairs.push_back(pair(std::to_string(i), "a", "b"));
    }
    scorer.add(pairs, "w");
    EXPECT_TRUE(scorer.cancelled());
    EXPECT_EQ(scorer.worlds().front().summary.pairs, 32);
}

}  // namespace
}  // namespace otherwise
