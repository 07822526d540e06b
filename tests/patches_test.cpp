// needs: llama
//
// Activation patching on the real model: a donor that is the prompt itself changes no bit, whatever
// the calls; states that decide a row alone make it the donor's.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "otherwise/measure/law.h"
#include "tests/support/models.h"
#include "tests/support/runs.h"

namespace otherwise {
namespace {

using Row = std::vector<float>;

/// Some of our prompts one after another, from `number` on: some 12 tokens each.
std::string text_of(int number, int prompts) {
    const auto all = test::short_prompts(100);
    std::string text;
    for (int i = 0; i < prompts; ++i) {
        const auto at = static_cast<std::size_t>(number * 7 + i) % all.size();
        text += *all[at].prompt + " something else. ";
    }
    return text;
}

InputString string_of(const std::string& id, const std::string& prompt, const std::string& donor) {
    InputString string;
    string.id = id;
    string.prompt = prompt;
    string.donor = donor;
    return string;
}

/// Short prompts, and long ones of which the tiled kernel reads the heads; some begin alike.
std::vector<std::string> prompts() {
    std::vector<std::string> all;
    for (const auto& string : test::short_prompts(4)) {
        all.push_back(*string.prompt);
    }
    for (const int number : {1, 2, 3}) {
        all.push_back(text_of(0, 14) + text_of(number, 3));
    }
    all.push_back(text_of(4, 7));
    return all;
}

WorldPlan patched(const WorldPlan& factual, const std::string& name, const Patch& patch) {
    return test::world_of(factual, name, {patch});
}

std::vector<WorldPlan> worlds_of(const WorldPlan& factual) {
    return {patched(factual, "all", {.layers = {.first = 0}}),
            patched(factual, "heads", {.site = "kqv_out", .layers = {.first = 3, .last = 9}}),
            patched(factual, "norm",
                    {.site = "attn_norm", .layers = {.first = 29, .last = 29}, .rows = {{-2, -1}}}),
            test::world_of(factual, "two",
                           {Patch{.layers = {.first = 4, .last = 4}, .rows = {{1, 2}}},
                            Patch{.layers = {.first = 20, .last = 20}, .rows = {{-1, -1}}}})};
}

TEST(Patches, OfThePromptItselfChangeNoBit) {
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    std::vector<InputString> strings;
    for (const auto& prompt : prompts()) {
        strings.push_back(string_of(std::to_string(strings.size()), prompt, prompt));
    }
    strings[1].text = " a small house near the river, where my mother lived.";
    std::vector<std::string> lines;
    for (const auto& [parallel, max_rows] : std::vector<std::pair<int, int>>{{8, 0}, {3, 128}}) {
        auto options = test::session_options(6, 2);
        options.parallel = parallel;
        options.max_rows = max_rows;
        const auto outcome = test::run(factual, worlds_of(factual), strings, options);
        EXPECT_TRUE(outcome.tiled);
        EXPECT_EQ(outcome.warnings.size(), 4U);  // that they changed no logit
        for (int world = 0; world < 4; ++world) {
            EXPECT_EQ(outcome.divergences(world), 0) << world << " " << parallel;
        }
        EXPECT_TRUE(lines.empty() || lines == outcome.lines);
        lines = outcome.lines;
    }
    Session session(factual, worlds_of(factual), strings, test::session_options(6, 2), {});
    (void)run_laws(session.scene(), {},
                   {.on_string =
                        [&](const StringLaw& law) {
                            for (const Comparison& at : law.at) {
                                EXPECT_EQ(at.kl, 0.0);
                                EXPECT_EQ(at.log_p, at.log_q);
                            }
                        },
                    .on_progress = {},
                    .cancelled = {}});
}

/// The logits after the prompt of each string in each world; in world −1 the factual ones.
std::map<std::pair<int, int>, Row> first_rows(const WorldPlan& factual,
                                              const std::vector<WorldPlan>& worlds,
                                              const std::vector<InputString>& strings) {
    auto options = test::session_options(1, 1);
    options.null_strings = FloorStrings::none;
    options.open.threads = 1;
    Session session(factual, worlds, strings, options, {});
    const Scene scene = session.scene();
    std::map<std::pair<int, int>, Row> rows;
    LawOptions laws;
    laws.on_position = [&](const Draw& draw, int world, int position, const Law& p, const Law& q) {
        if (position == 0) {
            rows[{draw.string, world}] = Row(q.logits.begin(), q.logits.end());
            rows[{draw.string, -1}] = Row(p.logits.begin(), p.logits.end());
        }
    };
    (void)run_laws({.subjects = scene.subjects,
                    .factual = scene.factual,
                    .worlds = scene.worlds,
                    .options = {.seed = 1, .tokens = 1, .parallel = 8}},
                   laws, {});
    return rows;
}

TEST(Patches, OfAllThatARowIsMadeOfMakeItTheDonors) {
    const auto factual = test::plan_of(test::derived_model("Q8_0"));
    const std::string one = "The capital of France is the city of";
    const std::string other = "The capital of Italy is the town of";
    const std::string longer = text_of(2, 9);
    const auto rows = first_rows(
        factual,
        {patched(factual, "residual", {.layers = {.first = 12, .last = 12}}),
         patched(factual, "last", {.layers = {.first = 29, .last = 29}, .rows = {{-1, -1}}}),
         patched(factual, "middle", {.layers = {.first = 12, .last = 12}, .rows = {{-1, -1}}})},
        {string_of("a", one, other), string_of("b", other, one)});
    for (const int world : {0, 1}) {
        EXPECT_EQ((rows.at({0, world})), (rows.at({1, -1})));
        EXPECT_EQ((rows.at({1, world})), (rows.at({0, -1})));
    }
    EXPECT_NE((rows.at({0, 2})), (rows.at({0, -1})));  // neither its own nor the donor's
    EXPECT_NE((rows.at({0, 2})), (rows.at({1, -1})));
    const auto ends = first_rows(
        factual,
        {patched(factual, "last", {.layers = {.first = 29, .last = 29}, .rows = {{-1, -1}}})},
        {string_of("a", one, longer), string_of("b", longer, one)});
    EXPECT_EQ((ends.at({0, 0})), (ends.at({1, -1})));
    EXPECT_EQ((ends.at({1, 0})), (ends.at({0, -1})));
}

TEST(Patches, DoNotDependOnStreamsAndRows) {
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    const auto all = prompts();
    std::vector<InputString> strings;
    for (std::size_t i = 4; i < 7; ++i) {  // a head that they share, in which a row is patched
        strings.push_back(string_of(std::to_string(i), all[i], all[i == 4 ? 7 : 4]));
    }
    strings.push_back(string_of("same", all[4], text_of(9, 16)));
    const auto world = patched(
        factual, "patched", {.layers = {.first = 2, .last = 12}, .rows = {{-60, -58}, {-1, -1}}});
    std::vector<std::string> lines;
    for (const auto& [parallel, max_rows, threads] :
         std::vector<std::array<int, 3>>{{4, 0, 2}, {1, 128, 1}}) {
        auto options = test::session_options(8, 1);
        options.parallel = parallel;
        options.max_rows = max_rows;
        options.open.threads = threads;
        const auto outcome = test::run(factual, {world}, strings, options);
        EXPECT_TRUE(outcome.tiled);
        EXPECT_GT(outcome.divergences(0), 0);
        EXPECT_EQ(outcome.divergences(1), 0);
        EXPECT_TRUE(lines.empty() || lines == outcome.lines) << parallel;
        lines = outcome.lines;
    }
}

TEST(Patches, SayWhatTheyTake) {
    const auto factual = test::plan_of(test::derived_model("Q4_0"));
    const auto open = [&](const Patch& patch, const InputString& string, std::size_t memory) {
        auto options = test::session_options(4, 1);
        options.memory = memory;
        Session session(factual, {patched(factual, "w", patch)}, {string}, options, {});
        return session.estimate();
    };
    constexpr std::size_t kMemory = std::size_t{1} << 30U;
    const auto string = string_of("s", "The old lighthouse keeper", "The young sailor's wife");
    const auto estimate =
        open({.layers = {.first = 4, .last = 7}, .rows = {{-2, -1}}}, string, kMemory);
    EXPECT_EQ(estimate.donor_states, 2U * 4U * 576U * sizeof(float));
    EXPECT_GT(
        estimate.rows,
        open({.donor = "a", .layers = {.first = 4}, .rows = {{-1, -1}}}, string, kMemory).rows);
}

}  // namespace
}  // namespace otherwise
