// needs: llama
#include "otherwise/console/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace otherwise::console {
namespace {

using testing::HasSubstr;
using testing::Not;

MeanOf mean(double value, int n = 1) { return {.sum = value * n, .n = n}; }

FactScores scores(double on_prompt, const std::vector<PromptScore>& neighbors = {}) {
    FactScores scores;
    scores.scores.new_on_prompt = mean(on_prompt);
    scores.scores.efficacy = mean(on_prompt > 0.5 ? 1.0 : 0.0);
    scores.neighbors = neighbors;
    return scores;
}

Edited one_fact() {
    Edited edited;
    edited.facts = {
        {.id = "1", .prompt = "{} is in", .subject = "The Louvre", .target_new = " Rome"}};
    edited.before = {scores(0.001)};
    edited.after = {scores(0.968)};
    return edited;
}

TEST(ScoresText, OfOneFactIsALineWithItsShares) {
    EXPECT_EQ(scores_text(one_fact(), false),
              "  fact                  new answer\n"
              "  The Louvre → Rome  0.001 → 0.968\n"
              "\n"
              "  efficacy (ES) 0 % → 100 %\n");
}

TEST(ScoresText, OfSeveralFactsHasTheirTotal) {
    auto edited = one_fact();
    edited.facts.push_back({.id = "2", .subject = "\x1b[1m", .target_new = "x"});
    edited.before.push_back(scores(0.003));
    edited.after.push_back(scores(0.4));
    const auto text = scores_text(edited, false);
    EXPECT_THAT(text, HasSubstr("  all                0.002 → 0.684\n"));
    EXPECT_THAT(text, HasSubstr("efficacy (ES) 0 % → 50 %"));
    EXPECT_THAT(text, HasSubstr("\\x1b[1m → x"));  // harmless
}

TEST(ScoresText, ShowsTheThreeThatLeakedMost) {
    auto edited = one_fact();
    const auto rise = [](const std::string& prompt, double was, double is,
                         const std::string& answer = " Paris") {
        return std::array{PromptScore{.prompt = prompt, .answer = answer, .new_answer = was},
                          PromptScore{.prompt = prompt, .answer = answer, .new_answer = is}};
    };
    std::vector<PromptScore> before;
    std::vector<PromptScore> after;
    for (const auto& [was, is] :
         {rise("a", 0.1, 0.2), rise("b", 0.0, 0.5), rise("c", 0.1, 0.1), rise("d", 0.0, 0.3),
          rise("e", 0.0, 0.05), rise("own", 0.0, 0.9, " Rome"), rise("f", 0.9, 0.1)}) {
        before.push_back(was);
        after.push_back(is);
    }
    edited.before[0].neighbors = before;
    edited.after[0].neighbors = after;
    EXPECT_THAT(scores_text(edited, false), testing::EndsWith("\n  leaked most\n"
                                                              "  b [ Rome] 0.000 → 0.500\n"
                                                              "  d [ Rome] 0.000 → 0.300\n"
                                                              "  a [ Rome] 0.100 → 0.200\n"));
    edited.after[0].neighbors = {after[2]};
    edited.before[0].neighbors = {before[2]};
    EXPECT_THAT(scores_text(edited, false), Not(HasSubstr("leaked")));
}

TEST(EffectText, HasTheChangeOfTheLayersAndItsLargestShare) {
    EditEffect effect;
    effect.kl = 0.0123;
    EXPECT_EQ(effect_text(effect), "  unrelated texts: KL 0.012 nats a token\n");
    effect.norms = {{.layer = 3, .change = 2.0, .weight = 20.0}};
    EXPECT_EQ(effect_text(effect),
              "  unrelated texts: KL 0.012 nats a token\n"
              "  norm of the change: 2.0, 10 % of the weight's (5 to 30 % is usual)\n");
    effect.norms.push_back({.layer = 4, .change = 1.5, .weight = 6.0});
    EXPECT_THAT(effect_text(effect), HasSubstr("1.5 to 2.0, 25 % of the weight's"));
}

TEST(SweepText, MarksTheBest) {
    const std::vector<LayerTrial> trials{
        {.layers = {3}, .on_prompt = 0.5, .on_paraphrases = 0.25, .leak = 0.125, .loss = -0.0625},
        {.layers = {4, 5, 6}, .on_prompt = 1.0, .on_paraphrases = 1.0, .leak = 0.0, .loss = 0.5}};
    EXPECT_EQ(sweep_text(trials, 1, false),
              "  layers  new answer  paraphrases  leaked    lost  score\n"
              "  3            0.500        0.250  +0.125  -0.062  0.312\n"
              "  4-6 *        1.000        1.000  +0.000  +0.500  0.500\n");
}

}  // namespace
}  // namespace otherwise::console
