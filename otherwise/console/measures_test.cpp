#include "otherwise/console/measures.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "otherwise/console/glyphs.h"
#include "otherwise/measure/world_measures_json.h"

namespace otherwise::console {
namespace {

using testing::HasSubstr;
using testing::Not;

/// `strings` pairs; every fourth one differs, and then says koala.
PairSummary summary_of(int strings) {
    PairMeasures measures({{.kind = "target", .pattern = Pattern("--target", "koala")}});
    const Tokens tokens = {1, 2, 3, 4, 5};
    const Tokens other = {1, 2, 3, 9, 5};
    for (int i = 0; i < strings; ++i) {
        const bool differs = i % 4 == 0;
        measures.add({.cluster = i,
                      .factual = {.text = "a bear in a tree", .tokens = tokens, .ended = false},
                      .counterfactual = {.text = differs ? "a koala in a tree" : "a bear in a tree",
                                         .tokens = differs ? other : tokens,
                                         .ended = differs},
                      .prompt_tokens = 0});
    }
    return measures.summary();
}

std::string block(const PairSummary& summary, int width = 80) {
    return render_measures({.world = "hot", .summary = summary}, {.colour = false, .width = width});
}

TEST(Measures, EveryNumberHasItsNAndInterval) {
    const std::string text = block(summary_of(200));
    EXPECT_THAT(text, HasSubstr("▌ hot  200 pairs of 200 strings\n"));
    EXPECT_THAT(text, testing::ContainsRegex("unchanged +150 +75.0 % +[0-9.]+ to [0-9.]+ +200\n"));
    EXPECT_THAT(text, testing::ContainsRegex("LCP share, tokens +0.6000 +0.6000 to 0.6000"));
    EXPECT_THAT(text, testing::ContainsRegex("target koala +0.0 % +25.0 % +.25.0 %"));
    EXPECT_THAT(text, testing::ContainsRegex("target koala +50 +0 +50 +0 +2e-15 +200\n"));
    EXPECT_THAT(text, HasSubstr("koala 0→50"));
    EXPECT_THAT(text, Not(HasSubstr("!")));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        EXPECT_LE(display_width(line), 90) << line;
    }
}

TEST(Measures, SmallSamplesAreMarked) {
    EXPECT_THAT(block(summary_of(8)), HasSubstr("8!"));
    const PairSummary few = summary_of(8);
    EXPECT_THAT(
        doubts({.world = "hot", .summary = few}),
        testing::ElementsAre("8 strings in 'hot': intervals from fewer than 30 are too narrow"));
    EXPECT_THAT(doubts({.world = "hot", .summary = summary_of(30)}), testing::IsEmpty());
}

TEST(Measures, BriefIsOneLineForEachWorld) {
    const std::vector<WorldMeasures> worlds = {{.world = "hot", .summary = summary_of(100)},
                                               {.world = "none", .summary = {}}};
    const std::string text = render_brief(worlds, {.colour = false, .width = 80});
    EXPECT_THAT(text, testing::ContainsRegex("  hot +100 +[0-9.]+ ± [0-9.]+ +0.00 ± 0.00 +.25.0"));
    EXPECT_THAT(text, HasSubstr("hot  target koala"));
    EXPECT_THAT(text, HasSubstr("+25 −0"));
    EXPECT_THAT(text, Not(HasSubstr("none")));
    EXPECT_THAT(text, Not(HasSubstr("!")));
    EXPECT_EQ(render_brief({}, {}), "");
    const std::vector<WorldMeasures> few = {{.world = "hot", .summary = summary_of(8)}};
    EXPECT_THAT(render_brief(few, {}), HasSubstr("! fewer than 30"));
}

TEST(Measures, NumbersThatAreNotFiniteAreNullInJson) {
    const PairSummary one = summary_of(1);
    const std::string text = measures_json({.world = "hot", .summary = one}).dump();
    EXPECT_THAT(text, HasSubstr(R"("low":null)"));
    EXPECT_THAT(text, Not(HasSubstr("nan")));
    EXPECT_THAT(text, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace otherwise::console
