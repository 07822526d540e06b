// What a live page needs of a run: tokens as they are written, factual strings that are known
// already, another draw than the first.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "otherwise/generate/run.h"
#include "tests/support/expect_error.h"
#include "tests/support/plain_run.h"

namespace otherwise {
namespace {

using test::Bench;
using test::Machine;
using test::run_on;
using test::Scene;

constexpr float kSlight = 0.4F;

Scene mixed_scene(int samples, bool shares) {
    Scene scene;
    scene.options = {.seed = 11, .samples = samples, .tokens = 12};
    add_unlike_subjects(scene, 12);
    scene.null_strings.assign(scene.subjects.size(), true);
    scene.worlds = {
        {.name = "hot", .rules = {.mechanism = {.temperature = 1.3F}}, .shares = shares},
        {.name = "slight", .model = {.salt = 1, .strength = kSlight}},
        {.name = "forced", .rules = {.forced = {{2, 33}}}, .shares = shares},
        {.name = "null", .role = WorldRole::null, .expect_same = true}};
    return scene;
}

/// Strings as they grew: by world, string and sample.
using Grown = std::map<std::tuple<int, int, int>, Tokens>;

std::function<void(const Writing&)> growing(Grown& grown) {
    return [&grown](const Writing& piece) {
        Tokens& tokens = grown[{piece.world, piece.string, piece.sample}];
        ASSERT_FALSE(piece.tokens.empty());
        ASSERT_LE(static_cast<std::size_t>(piece.position), tokens.size()) << "no gaps";
        for (std::size_t i = 0; i < piece.tokens.size(); ++i) {
            const auto at = static_cast<std::size_t>(piece.position) + i;
            if (at < tokens.size()) {
                EXPECT_EQ(tokens[at], piece.tokens[i]) << "a token that comes again is the same";
            } else {
                tokens.push_back(piece.tokens[i]);
            }
        }
    };
}

TEST(LiveRun, TokensComeAsTheyAreWritten) {
    for (const bool shares : {true, false}) {
        for (const Machine& machine : {Machine{}, Machine{.parallel = 3, .can_trim = false}}) {
            const Scene scene = mixed_scene(3, shares);
            Grown grown;
            const auto outcome = Bench(scene, machine).run({.on_tokens = growing(grown)});
            std::size_t seen = 0;
            for (const Pair& pair : outcome.pairs) {
                EXPECT_EQ((grown[{pair.world, pair.string, pair.sample}]),
                          pair.counterfactual.tokens);
                if (!pair.observed) {
                    EXPECT_EQ((grown[{-1, pair.string, pair.sample}]), pair.factual->tokens);
                }
                ++seen;
            }
            EXPECT_GT(seen, 100U);
        }
    }
}

/// The factual strings of a scene, as RunOptions::known takes them.
auto known_of(const Scene& scene) {
    std::vector<std::vector<std::shared_ptr<const FactualString>>> known(scene.subjects.size());
    (void)Bench(scene, {}).run({.on_factual = [&](int string, int sample, const auto& factual) {
        auto& samples = known[static_cast<std::size_t>(string)];
        EXPECT_EQ(samples.size(), static_cast<std::size_t>(sample));
        samples.push_back(factual);
    }});
    return known;
}

TEST(LiveRun, KnownFactualStringsGiveTheSamePairs) {
    for (const int samples : {1, 3}) {
        const auto whole = run_on(mixed_scene(samples, true), {});
        Scene scene = mixed_scene(samples, false);
        scene.options.known = known_of(scene);
        for (const int parallel : {3, 8}) {
            const auto again = run_on(scene, {.parallel = parallel});
            EXPECT_EQ(again.lines(), whole.lines());
            EXPECT_EQ(again.factual_rows, 0) << "nothing of the factual world is read again";
        }
        for (std::size_t i = 0; i < scene.options.known.size(); i += 2) {
            scene.options.known[i].clear();  // these are written
        }
        EXPECT_EQ(run_on(scene, {}).lines(), whole.lines());
        scene.worlds.erase(scene.worlds.begin());
        const auto fewer = run_on(scene, {});
        EXPECT_EQ(fewer.pairs.size() * 4, whole.pairs.size() * 3) << "one world less";
    }
}

TEST(LiveRun, NothingSharesTheEvaluatorOfKnownStrings) {
    Scene scene = mixed_scene(1, true);
    scene.options.known = known_of(scene);
    EXPECT_ERROR(run_on(scene, {}), "evaluators of their own");
}

TEST(LiveRun, AnotherDrawIsTheSampleOfThatNumber) {
    const Scene all = mixed_scene(4, true);
    const auto whole = run_on(all, {});
    Scene one = mixed_scene(1, true);
    one.options.first_sample = 3;
    std::vector<std::string> fourth;
    for (const Pair& pair : whole.pairs) {
        if (pair.sample == 3) {
            fourth.push_back(test::line_of(pair));
        }
    }
    EXPECT_EQ(run_on(one, {}).lines(), fourth);
}

}  // namespace
}  // namespace otherwise
