// Laws on stub models against the definition, position by position.
#include "otherwise/measure/law.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "otherwise/coupling/gumbel.h"
#include "tests/support/expect_error.h"
#include "tests/support/law_scene.h"
#include "tests/support/stay_reference.h"

namespace otherwise {
namespace {

using test::LawBench;
using test::Machine;
using test::PlainString;
using test::StubWorld;

constexpr float kSlight = 0.4F;

test::Scene law_scene() {
    test::Scene scene;
    scene.options = {.seed = 11, .samples = 2, .tokens = 10};
    const int prompts[] = {3, 64, 1, 130, 5, 7};
    for (int i = 0; i < std::ssize(prompts); ++i) {
        add_subject(scene, "s" + std::to_string(i), prompts[i], i % 2 == 1 ? 8 : 0);
        scene.null_strings.push_back(i % 3 != 0);
    }
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = kSlight}},
                    {.name = "cool",
                     .model = {.salt = 2, .strength = kSlight},
                     .rules = {.mechanism = {.temperature = 0.7F}, .forbidden = {1, 2}}},
                    {.name = "prompt", .prefix = {7, 8, 9}},
                    {.name = "null", .role = WorldRole::null}};
    return scene;
}

/// The stay probabilities of one string by the definition.
std::vector<double> plain_stay(const test::Scene& scene, const StubWorld& world,
                               const StringLaw& law) {
    const auto string = static_cast<std::size_t>(law.string);
    PlainString factual(scene.factual.model, *scene.prompts[string]);
    PlainString other(world.model, *test::prompts_of(scene, world)[string]);
    std::vector<double> stay;
    for (const Token token : law.written->tokens) {
        LawScratch p_scratch;
        LawScratch q_scratch;
        const auto p_row = factual.logits();
        const auto q_row = other.logits(world.rules.forbidden);
        std::vector<double> p;
        std::vector<double> q;
        double_logits(make_law(scene.factual.rules.mechanism, p_row, p_scratch), p);
        double_logits(make_law(world.rules.mechanism, q_row, q_scratch), q);
        stay.push_back(test::gumbel_stay(p, q, token));
        factual.write(token);
        other.write(token);
    }
    return stay;
}

TEST(Law, IsTheDefinitionOnEveryMachine) {
    const auto scene = law_scene();
    std::vector<std::vector<double>> first;
    for (const Machine& machine :
         {Machine{.parallel = 8}, Machine{.parallel = 1}, Machine{.parallel = 3, .threads = 2},
          Machine{.parallel = 5, .max_rows = 70, .min_rows = 8, .can_trim = false}}) {
        LawBench bench(scene, machine);
        const auto laws = bench.laws();
        // Three sampled strings twice and three observed once, in three worlds; the null on four.
        ASSERT_EQ(laws.size(), (3U * 2 + 3) * 3 + 2 + 2 + 1 + 1);
        std::vector<std::vector<double>> stays;
        for (const StringLaw& law : laws) {
            const StubWorld& world = scene.worlds[static_cast<std::size_t>(law.world)];
            const auto plain = plain_stay(scene, world, law);
            ASSERT_EQ(law.stay.size(), plain.size());
            for (std::size_t t = 0; t < plain.size(); ++t) {
                EXPECT_NEAR(law.stay[t], plain[t], 1e-6) << world.name << ", position " << t;
            }
            EXPECT_EQ(law.scored.size(), plain.size());
            EXPECT_EQ(law.prefix.unchanged, prefix_law(law.stay).unchanged);
            EXPECT_GE(law.prefix.unchanged, law.bounds.low);
            EXPECT_LE(law.prefix.unchanged, law.bounds.high + 1e-9);
            EXPECT_LE(law.prefix.unchanged, law.token_bounds.high + 1e-9);
            EXPECT_GE(law.prefix.unchanged, law.token_bounds.low - 1e-9);
            stays.push_back(law.stay);
        }
        first = first.empty() ? stays : first;
        EXPECT_EQ(stays, first) << machine.name();
    }
}

TEST(Law, WorldsThatShareTheFactualLogitsReadNothing) {
    auto scene = law_scene();
    scene.worlds.push_back({.name = "hot", .rules = {.mechanism = {.temperature = 1.4F}}});
    scene.worlds.push_back({.name = "do", .rules = {.forced = {{3, 9}}}});
    for (const int parallel : {1, 4}) {
        std::vector<std::vector<double>> stays[2];
        std::vector<std::vector<double>> divergences[2];
        for (const bool shares : {false, true}) {
            scene.worlds[4].shares = scene.worlds[5].shares = shares;
            LawBench bench(scene, {.parallel = parallel});
            long positions = 0;
            for (const StringLaw& law : bench.laws()) {
                positions += law.world == 4 ? std::ssize(law.stay) : 0;
                stays[shares ? 1 : 0].push_back(law.stay);
                auto& kl = divergences[shares ? 1 : 0].emplace_back();
                for (const Comparison& at : law.at) {
                    kl.push_back(at.kl);
                }
            }
            for (const std::size_t world : {4U, 5U}) {
                EXPECT_EQ(bench.report.worlds[world].rows == 0, shares);
                EXPECT_EQ(bench.report.worlds[world].shared, shares ? positions : 0);
            }
            EXPECT_GT(bench.report.worlds[0].rows, 0);
            EXPECT_EQ(bench.report.worlds[0].shared, 0);
        }
        EXPECT_EQ(stays[0], stays[1]);  // to the last bit
        EXPECT_EQ(divergences[0], divergences[1]);
    }
}

TEST(Law, PromptsThatShareAStartAreReadAlikeInEveryBlock) {
    test::Scene scene;
    scene.options = {.seed = 3, .tokens = 5};
    scene.factual.model.tile_rows = 64;
    const Tokens common = test::some_tokens(55, 150);
    for (int i = 0; i < 60; ++i) {  // several blocks of strings, sampled and observed
        add_subject(scene, "s" + std::to_string(i), 20 + i % 7, i % 3 == 0 ? 6 : 0);
        Tokens prompt = common;
        prompt.insert(prompt.end(), scene.prompts.back()->begin(), scene.prompts.back()->end());
        scene.prompts.back() = std::make_shared<const Tokens>(std::move(prompt));
        scene.null_strings.push_back(true);
    }
    StubWorld slight{.name = "slight", .model = {.salt = 1, .strength = kSlight}};
    slight.model.tile_rows = 64;
    scene.worlds = {slight};
    for (const int parallel : {1, 2, 5, 60}) {
        LawBench bench(scene, {.parallel = parallel, .max_rows = 256, .tile_rows = 64});
        const auto laws = bench.laws();
        ASSERT_EQ(laws.size(), 60U);
        for (const StringLaw& law : laws) {
            const auto plain = plain_stay(scene, slight, law);
            for (std::size_t t = 0; t < plain.size(); ++t) {
                ASSERT_NEAR(law.stay[t], plain[t], 1e-6) << parallel << ", string " << law.string;
            }
        }
    }
}

TEST(Law, NullWorldIsExactlyOne) {
    auto scene = law_scene();
    LawBench bench(scene, {.parallel = 5});
    int nulls = 0;
    for (const StringLaw& law : bench.laws({.agreement = true})) {
        const bool all_one = std::ranges::all_of(law.stay, [](double stay) { return stay == 1.0; });
        EXPECT_FALSE(all_one && law.world == 0);  // the control
        if (law.role == WorldRole::null) {
            ++nulls;
            EXPECT_TRUE(all_one);
            EXPECT_EQ(law.prefix.unchanged, 1.0);
            EXPECT_EQ(law.prefix.expected_lcp, static_cast<double>(law.stay.size()));
            EXPECT_THAT(law.agreement, testing::Each(1.0));
            EXPECT_EQ(law.log_p, law.log_q);
        }
    }
    EXPECT_EQ(nulls, 6);
}

TEST(Law, ComesInOrder) {
    const auto scene = law_scene();
    LawBench bench(scene, {.parallel = 4});
    const auto laws = bench.laws();
    EXPECT_TRUE(std::ranges::is_sorted(laws, {}, [](const StringLaw& law) {
        return std::tuple(law.string, law.sample, law.world);
    }));
    EXPECT_EQ(bench.report.strings, std::ssize(scene.subjects));
}

TEST(Law, EndsAtADoThatDiffers) {
    auto scene = law_scene();
    scene.options.samples = 1;
    const Token other = 33;
    scene.worlds = {
        {.name = "do", .model = scene.factual.model, .rules = {.forced = {{2, other}}}}};
    LawBench bench(scene, {});
    int cut = 0;
    for (const StringLaw& law : bench.laws()) {
        const auto& tokens = law.written->tokens;
        if (tokens.size() <= 2 || tokens[2] == other) {
            EXPECT_EQ(law.prefix.unchanged, 1.0);
            continue;
        }
        ++cut;
        EXPECT_THAT(law.scored, testing::ElementsAre(0, 1));
        EXPECT_EQ(law.lost, std::ssize(tokens) - 2);
        EXPECT_EQ(law.stay[0], 1.0);  // no change before the do
        for (std::size_t t = 2; t < tokens.size(); ++t) {
            EXPECT_EQ(law.stay[t], 0.0);
        }
        EXPECT_EQ(law.prefix.expected_lcp, 2.0);
        EXPECT_EQ(law.bounds.high, 0.0);
        EXPECT_EQ(law.log_q, -std::numeric_limits<double>::infinity());
    }
    EXPECT_GT(cut, 2);
}

TEST(Law, ADoOfTheFactualTokenGoesOn) {
    auto scene = law_scene();
    auto& subject = scene.subjects[1];
    ASSERT_TRUE(subject.observed);
    scene.worlds = {{.name = "do",
                     .model = {.salt = 1, .strength = kSlight},
                     .rules = {.forced = {{2, (*subject.observed)[2]}}}}};
    LawBench bench(scene, {});
    const auto laws = bench.laws();
    const auto found = std::ranges::find(laws, 1, &StringLaw::string);
    EXPECT_EQ(found->stay[2], 1.0);
    EXPECT_LT(found->stay[3], 1.0);
    EXPECT_GT(found->stay[3], 0.0);
    EXPECT_EQ(found->scored.size(), found->stay.size() - 1);
    EXPECT_EQ(found->lost, 0);
}

TEST(Law, NamesOrSkipsImpossibleTokens) {
    auto scene = law_scene();
    scene.factual.rules.mechanism = {.top_k = 1};  // no random string is that
    scene.worlds = {{.name = "same"}};
    LawBench bench(scene, {});
    EXPECT_ERROR(bench.laws(), "with probability 0 at position");
    scene.options.skip_impossible = true;
    LawBench again(scene, {});
    const auto laws = again.laws();
    EXPECT_TRUE(std::ranges::none_of(laws, &StringLaw::observed));
    EXPECT_EQ(again.report.skipped.size(), 3U);
}

TEST(Law, AgreementIsTheMeanStayOverDraws) {
    // E[stay_w] over w drawn from p is the coupled agreement: 3,000 one-token strings, 5 standard
    // errors of the mean.
    test::Scene scene;
    scene.options = {.seed = 2, .samples = 3000, .tokens = 1};
    add_subject(scene, "one", 4, 0);
    scene.worlds = {{.name = "slight", .model = {.salt = 1, .strength = 1.0F}}};
    LawBench bench(scene, {.parallel = 32});
    double sum = 0.0;
    double squares = 0.0;
    double agreement = 0.0;
    for (const StringLaw& law : bench.laws({.agreement = true})) {
        sum += law.stay[0];
        squares += law.stay[0] * law.stay[0];
        agreement = law.agreement[0];
    }
    const double n = 3000.0;
    const double error = std::sqrt((squares / n - sum / n * sum / n) / n);
    EXPECT_GT(error, 0.0);
    EXPECT_NEAR(sum / n, agreement, 5.0 * error);
}

TEST(Law, StopsWhenCancelled) {
    const auto scene = law_scene();
    LawBench bench(scene, {});
    int asked = 0;
    int strings = 0;
    const auto half = run_laws(bench.scene(), {},
                               {.on_string = [&](const StringLaw&) { ++strings; },
                                .on_progress = {},
                                .cancelled = [&] { return ++asked > 12; }});
    EXPECT_TRUE(half.cancelled);
    EXPECT_EQ(strings, 0) << "a block that was left half read is not let out";
    const auto report = run_laws(
        bench.scene(), {}, {.on_string = {}, .on_progress = {}, .cancelled = [] { return true; }});
    EXPECT_TRUE(report.cancelled);
    EXPECT_EQ(report.strings, 0);
}

}  // namespace
}  // namespace otherwise
