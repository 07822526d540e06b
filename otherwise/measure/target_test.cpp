#include "otherwise/measure/target.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/law_scene.h"

namespace otherwise {
namespace {

using test::LawBench;
using test::PlainString;

TEST(Target, IsTheJointProbabilityAfterEachPrompt) {
    test::Scene scene;
    for (int i = 0; i < 7; ++i) {
        add_subject(scene, "s" + std::to_string(i), 2 + 11 * i, i % 2 == 0 ? 4 : 0);
        scene.null_strings.push_back(i < 3);
    }
    scene.worlds = {
        {.name = "slight", .model = {.salt = 1, .strength = 0.5F}, .rules = {.forced = {{1, 9}}}},
        {.name = "prefix", .prefix = {4, 5}},
        {.name = "null", .role = WorldRole::null}};
    const Tokens target{8, 9, 20};
    for (const int parallel : {1, 4}) {
        LawBench bench(scene, {.parallel = parallel});
        const auto logs = target_log_probs(bench.scene(), target);
        ASSERT_EQ(logs.size(), 4U);
        for (std::size_t w = 0; w < logs.size(); ++w) {
            const auto& world = w == 0 ? scene.factual : scene.worlds[w - 1];
            for (std::size_t i = 0; i < scene.subjects.size(); ++i) {
                if (w == 3 && i >= 3) {
                    EXPECT_TRUE(std::isnan(logs[w][i]));
                    continue;
                }
                PlainString string(world.model, *test::prompts_of(scene, world)[i]);
                double sum = 0.0;
                for (int t = 0; t < 3; ++t) {
                    LawScratch scratch;
                    const auto row = string.logits();
                    const Token token = target[static_cast<std::size_t>(t)];
                    const bool forced = world.rules.forced.contains(t);
                    sum += forced ? 0.0 : make_law({}, row, scratch).log_prob(token);
                    string.write(token);
                }
                EXPECT_NEAR(logs[w][i], sum, 1e-12) << "world " << w << ", string " << i;
            }
        }
        EXPECT_NE(logs[0], logs[1]);
        EXPECT_EQ(logs[0][1], logs[3][1]);
    }
}

TEST(Target, IsNothingWhenCancelledHalfWay) {
    test::Scene scene;
    for (int i = 0; i < 12; ++i) {
        add_subject(scene, "s" + std::to_string(i), 3, 0);
    }
    scene.worlds = {{.name = "same"}};
    LawBench bench(scene, {.parallel = 4});
    int asked = 0;
    EXPECT_TRUE(target_log_probs(bench.scene(), {8, 9}, [&] { return ++asked > 2; }).empty());
    EXPECT_FALSE(target_log_probs(bench.scene(), {8, 9}, [] { return false; }).empty());
}

TEST(Target, IsImpossibleWhereAnotherTokenIsForced) {
    test::Scene scene;
    add_subject(scene, "one", 3, 0);
    scene.worlds = {{.name = "do", .rules = {.forced = {{0, 7}}}}};
    LawBench bench(scene, {});
    EXPECT_TRUE(std::isinf(target_log_probs(bench.scene(), {8})[1][0]));
    EXPECT_EQ(target_log_probs(bench.scene(), {7})[1][0], 0.0);
}

}  // namespace
}  // namespace otherwise
