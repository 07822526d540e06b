#include "otherwise/page/report_builder.h"

#include <gtest/gtest.h>

#include <set>

#include "otherwise/base/error.h"
#include "tests/support/report_scene.h"

namespace otherwise {
namespace {

using test::ReportScene;

TEST(ReportBuilder, MeasuresAreThoseOfTheRoomMeasure) {
    const ReportScene scene({.strings = 20});
    const ReportData data = scene.data();
    ASSERT_EQ(data.worlds.size(), 3U);
    SummaryBuilder summary;
    PairMeasures measures(scene.report_options().targets);
    for (const ReportPair& shown : data.pairs) {
        if (shown.world != 1) {
            continue;
        }
        const auto& string = data.strings[static_cast<std::size_t>(shown.string)];
        auto factual = std::make_shared<Written>();
        factual->tokens.assign(string.pieces.size(), 1);
        Written other = *factual;
        other.tokens.resize(static_cast<std::size_t>(shown.lcp) + shown.tail.size());
        summary.add(scene.pair(shown.string, 1, factual, shown.lcp, other));
    }
    EXPECT_EQ(data.worlds[1].summary.lcp_mean, summary.summary().lcp_mean);
    EXPECT_EQ(data.worlds[1].summary.lcp_median, summary.summary().lcp_median);
    EXPECT_EQ(data.worlds[1].pairs.pairs, 20);
    EXPECT_EQ(data.worlds[1].law->strings, 20);
    EXPECT_EQ(data.worlds[1].law->positions, 20 * 25);
}

TEST(ReportBuilder, TheNullWorldIsTheFloorAndOthersAreNot) {
    const ReportData data = ReportScene({.strings = 30}).data();
    EXPECT_EQ(data.worlds[2].summary.unchanged, 30);
    EXPECT_DOUBLE_EQ(data.worlds[2].law->unchanged.value, 1.0);
    EXPECT_LT(data.worlds[1].summary.unchanged, 30);
}

TEST(ReportBuilder, StringsAreTheirPieces) {
    const ReportScene scene({.strings = 5});
    const ReportData data = scene.data();
    ASSERT_EQ(data.strings.size(), 5U);
    ASSERT_EQ(data.pairs.size(), 15U);
    for (const ReportPair& pair : data.pairs) {
        const auto& string = data.strings[static_cast<std::size_t>(pair.string)];
        EXPECT_EQ(string.pieces.size(), 25U);
        EXPECT_EQ(static_cast<std::size_t>(pair.lcp) + pair.tail.size(), 25U);
        EXPECT_EQ(pair.stay.size(), 25U);
        EXPECT_EQ(pair.become.size(), 25U);
        EXPECT_EQ(pair.unchanged, pair.tail.empty());
    }
}

TEST(ReportBuilder, StringsBeyondTheMostCountButAreNotShown) {
    const ReportData all = ReportScene({.strings = 12}).data();
    const ReportData few = ReportScene({.strings = 12, .shown = 4}).data();
    EXPECT_EQ(few.strings.size(), 4U);
    EXPECT_EQ(few.pairs.size(), 12U);
    EXPECT_EQ(few.all_strings, 12);
    EXPECT_EQ(few.worlds[0].summary, all.worlds[0].summary);
    EXPECT_EQ(few.worlds[0].law->unchanged.value, all.worlds[0].law->unchanged.value);
}

TEST(ReportBuilder, AlternativesAreKeptWhereATokenMayChange) {
    for (const ReportPair& pair : ReportScene({.strings = 10}).data().pairs) {
        for (std::size_t t = 0; t < pair.stay.size(); ++t) {
            EXPECT_EQ(pair.become[t].empty(), pair.stay[t] >= 0.99) << pair.stay[t];
            EXPECT_LE(pair.become[t].size(), 8U);
            for (const Alternative& other : pair.become[t]) {
                EXPECT_GE(other.probability, 0.001);
            }
        }
    }
}

TEST(ReportBuilder, FragilePairsComeSmallestFirst) {
    const ReportData data = ReportScene({.strings = 60}).data();
    const auto& world = data.worlds[0];
    EXPECT_EQ(world.summary.fragile, 1);  // margins 0.001, 0.011, …
    ASSERT_EQ(world.fragile.size(), 1U);
    EXPECT_EQ(world.fragile[0].id, "string-0");
    EXPECT_DOUBLE_EQ(world.fragile[0].margin, 0.001);
}

TEST(ReportBuilder, PairsUnderFreshNoiseAreLeftOut) {
    const ReportScene scene({.strings = 3});
    ReportBuilder builder = scene.builder();
    scene.fill(builder);
    auto factual = std::make_shared<Written>();
    factual->tokens = {1, 2};
    Pair fresh = scene.pair(0, 0, factual, 0, {.tokens = {3, 4}});
    fresh.independent = true;
    builder.add(
        {.pair = fresh, .id = "0", .prompt = "", .factual_text = "", .counterfactual_text = ""});
    const ReportData data = builder.finish();
    EXPECT_EQ(data.worlds[0].pairs.pairs, 3);
    EXPECT_EQ(data.pairs.size(), 9U);
    EXPECT_EQ(data.all_strings, 3);
}

TEST(ReportBuilder, AnEmptyRunIsAnError) {
    ReportBuilder builder = ReportScene({}).builder();
    try {
        (void)builder.finish();
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.fault(), Fault::failed);
        EXPECT_NE(std::string(error.what()).find("an empty one"), std::string::npos);
    }
}

}  // namespace
}  // namespace otherwise
