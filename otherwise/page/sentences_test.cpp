// sentences.h and answer_sentences.h.
#include "otherwise/page/sentences.h"

#include <gtest/gtest.h>

#include "tests/support/report_scene.h"

namespace otherwise {
namespace {

using test::ReportScene;

/// A world in which `unchanged` of `n` strings are unchanged, and a null world beside it.
ReportData data_of(long n, long unchanged, long null_changed = 0) {
    ReportData data;
    ReportWorld world;
    world.name = "w";
    world.summary.strings = n;
    world.summary.unchanged = unchanged;
    world.summary.unchanged_share = static_cast<double>(unchanged) / static_cast<double>(n);
    if (unchanged < n) {
        world.summary.mean_divergence = 7.04;
    }
    world.pairs.pairs = n;
    world.pairs.strings = n;
    Measure rate{.key = "unchanged", .title = "unchanged", .unit = Unit::share, .mean = {}};
    rate.mean = {.value = world.summary.unchanged_share,
                 .interval = {.low = 0.52, .high = 0.68},
                 .n = n,
                 .clusters = n};
    world.pairs.measures.push_back(rate);
    ReportWorld null;
    null.name = "null";
    null.role = WorldRole::null;
    null.summary.strings = n;
    null.summary.unchanged = n - null_changed;
    data.worlds = {world, null};
    return data;
}

TEST(Sentences, TheAnswer) {
    const auto answer = [](long n, long unchanged) {
        const ReportData data = data_of(n, unchanged);
        return sentences_of(data, data.worlds[0]).answer;
    };
    EXPECT_EQ(answer(50, 30),
              "60 % [52 %, 68 %] of strings are unchanged; the rest diverge after 7 tokens on "
              "average; the null world: 0 changed.");
    EXPECT_EQ(answer(50, 50),
              "All 50 strings are unchanged [52 %, 68 %]; the null world: 0 changed.");
    EXPECT_EQ(answer(50, 0),
              "No string is unchanged [52 %, 68 %]; they diverge after 7 tokens on average; the "
              "null world: 0 changed.");
    EXPECT_EQ(answer(1, 1), "The one string is unchanged; the null world: 0 changed.");
}

Measured rate_of(double value, double low, double high) {
    return {.value = value, .interval = {.low = low, .high = high}, .n = 32, .clusters = 32};
}

TEST(Sentences, TheRoundingFloor) {
    ReportData data = data_of(50, 30);
    ReportWorld nudge;
    nudge.name = "nudge";
    nudge.role = WorldRole::nudge;
    nudge.summary.unchanged_share = 0.41;
    data.worlds.push_back(nudge);
    ReportWorld& world = data.worlds[0];
    EXPECT_EQ(sentences_of(data, world).rounding, "");
    world.nudge = "nudge";
    world.beyond = BeyondRounding{.world = rate_of(0.66, 0.5, 0.8),
                                  .nudge = rate_of(0.59, 0.4, 0.7),
                                  .difference = rate_of(0.07, 0.02, 0.12)};
    EXPECT_EQ(sentences_of(data, world).answer,
              "60 % [52 %, 68 %] of strings are unchanged; the rest diverge after 7 tokens on "
              "average; a change of no meaning leaves 41 % here; the null world: 0 changed.");
    EXPECT_EQ(sentences_of(data, world).rounding,
              "On the 32 strings that both ran on, this world changes 66 % and a change of no "
              "meaning 59 %: at least 7 % (2 % to 12 %) are changed by more than rounding.");
    world.beyond->difference = rate_of(0.02, -0.03, 0.07);
    EXPECT_NE(sentences_of(data, world).rounding.find("near the rounding floor. `smooth`"),
              std::string::npos);
    data.head.smooth = true;
    EXPECT_NE(sentences_of(data, world).rounding.find("rounding floor. More strings"),
              std::string::npos);
    EXPECT_NE(sentences_of(data, data.worlds.back()).rounding.find("where w first acts"),
              std::string::npos);
}

TEST(Sentences, SamplesAreCountedAsSuch) {
    ReportData data = data_of(16, 8);
    data.worlds[0].pairs.strings = 8;
    const Sentences s = sentences_of(data, data.worlds[0]);
    EXPECT_NE(s.answer.find("of samples are unchanged"), std::string::npos) << s.answer;
    EXPECT_NE(s.certainty.find("From 16 samples of 8 strings."), std::string::npos) << s.certainty;
}

TEST(Sentences, TargetsAreQuotedAndSmallSharesAreSaid) {
    ReportData data = data_of(50, 30);
    data.worlds[0].pairs.shifts.push_back({.key = "off-target",
                                           .title = "off-target the",
                                           .unit = Unit::share,
                                           .factual = {.value = 0.0004},
                                           .counterfactual = {.value = 0.00012}});
    EXPECT_EQ(sentences_of(data, data.worlds[0]).targets,
              "Off-target “the” matches 0.01 % of the counterfactual texts and 0.04 % of the "
              "factual ones, no shift beyond chance.");
}

TEST(Sentences, CertaintyNamesTheInterval) {
    const ReportData data = data_of(50, 30);
    const auto text = sentences_of(data, data.worlds[0]).certainty;
    EXPECT_NE(text.find("From 50 strings. In brackets the 95 % interval"), std::string::npos)
        << text;
    EXPECT_EQ(text.find("floor"), std::string::npos) << text;
    EXPECT_EQ(text.find("too narrow"), std::string::npos) << text;
}

TEST(Sentences, AFloorThatIsNotZeroIsSaid) {
    const ReportData data = data_of(50, 30, 2);
    const auto text = sentences_of(data, data.worlds[0]).certainty;
    EXPECT_NE(text.find("changed 2 of 50: the floor is not zero"), std::string::npos) << text;
}

TEST(Sentences, FewStringsAreSaid) {
    const ReportData data = data_of(12, 6);
    const auto text = sentences_of(data, data.worlds[0]).certainty;
    EXPECT_NE(text.find("too narrow"), std::string::npos) << text;
}

TEST(Sentences, EveryPlotHasOne) {
    const ReportData data = ReportScene({.strings = 40, .doses = true}).data();
    for (const ReportWorld& world : data.worlds) {
        const Sentences s = sentences_of(data, world);
        for (const auto& sentence :
             {s.answer, s.certainty, s.survival, s.histogram, s.edits, s.cosines, s.likeness,
              s.shifts, s.targets, s.words, s.law, s.bounds, s.fragile}) {
            ASSERT_FALSE(sentence.empty()) << world.name;
            EXPECT_EQ(sentence.back(), '.') << sentence;
            EXPECT_EQ(sentence.find("nan"), std::string::npos) << sentence;
        }
    }
    EXPECT_EQ(sentence_of(data.doses[0]),
              "As steer.scale goes from 0 to 2 (the factual world: 0), the expected common prefix "
              "goes from 25 to 3.4 "
              "tokens and "
              "P(unchanged) from 100 % to 0.2 %.");
}

TEST(Sentences, NothingIsSaidWhereNothingIsKnown) {
    ReportData data = data_of(50, 30);
    const Sentences s = sentences_of(data, data.worlds[0]);
    EXPECT_EQ(s.law, "");
    EXPECT_EQ(s.bounds, "");
    EXPECT_EQ(s.survival, "");
    EXPECT_EQ(s.targets, "");
}

}  // namespace
}  // namespace otherwise
