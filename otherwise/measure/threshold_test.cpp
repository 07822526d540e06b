// Thresholds on stub models: the string changes there, and not a step below.
#include "otherwise/measure/threshold.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/expect_error.h"
#include "tests/support/law_scene.h"

namespace otherwise {
namespace {

using test::LawBench;
using test::Machine;
using test::StubEvaluator;
using test::StubModel;

constexpr StubModel kModel{.salt = 4, .strength = 0.0F};

StubModel at_strength(double strength) {
    StubModel model = kModel;
    model.strength = static_cast<float>(strength);
    return model;
}

test::Scene dose_scene() {
    test::Scene scene;
    scene.options = {.seed = 7, .samples = 3, .tokens = 8};
    for (int i = 0; i < 8; ++i) {
        add_subject(scene, "s" + std::to_string(i), 3 + i, i % 2 == 0 ? 8 : 0);
    }
    scene.worlds = {{.name = "dosed"}};
    return scene;
}

std::vector<Threshold> thresholds_of(const test::Scene& scene, const Machine& machine,
                                     const ThresholdOptions& options) {
    LawBench bench(scene, machine);
    const auto law_scene = bench.scene();
    const auto at = [&](double strength, int parallel) -> StrengthWorld {
        Machine one = machine;
        one.parallel = parallel;
        return {.evaluator = std::make_unique<StubEvaluator>(one.shape(), at_strength(strength))};
    };
    return find_thresholds(law_scene, law_scene.worlds[0], at, options, {}, {});
}

/// What `run` writes at a strength, by string and sample.
std::vector<Pair> pairs_at(test::Scene scene, double strength) {
    scene.worlds[0].model = at_strength(strength);
    return test::run_on(scene, {}).pairs;
}

TEST(Threshold, StringsChangeThereAndNotBelow) {
    const auto scene = dose_scene();
    const ThresholdOptions options{.low = 0.0, .high = 4.0, .halvings = 6};
    const double step = 4.0 / 64;
    const auto found = thresholds_of(scene, {.parallel = 8}, options);
    ASSERT_EQ(found.size(), 24U);
    int changed = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Threshold& one = found[i];
        if (!one.strength) {
            EXPECT_TRUE(pairs_at(scene, 4.0)[i].unchanged());
            continue;
        }
        ++changed;
        const auto there = pairs_at(scene, *one.strength)[i];
        EXPECT_EQ(there.string, one.string);
        EXPECT_EQ(there.sample, one.sample);
        EXPECT_EQ(there.lcp, one.position);
        EXPECT_EQ(there.counterfactual.tokens[static_cast<std::size_t>(one.position)], one.token);
        EXPECT_TRUE(pairs_at(scene, *one.strength - step)[i].unchanged());
    }
    EXPECT_GT(changed, 12);
}

TEST(Threshold, IsTheSameOnEveryMachine) {
    const auto scene = dose_scene();
    const ThresholdOptions options{.low = 0.0, .high = 4.0, .halvings = 5};
    const auto one = thresholds_of(scene, {.parallel = 8}, options);
    for (const Machine& machine :
         {Machine{.parallel = 1}, Machine{.parallel = 3, .threads = 2, .min_rows = 8}}) {
        const auto other = thresholds_of(scene, machine, options);
        ASSERT_EQ(other.size(), one.size());
        for (std::size_t i = 0; i < one.size(); ++i) {
            EXPECT_EQ(other[i].strength, one[i].strength);
            EXPECT_EQ(other[i].position, one[i].position);
        }
    }
}

TEST(Threshold, OfAMechanismComesFromTheFactualLogits) {
    auto scene = dose_scene();
    const ThresholdOptions options{.low = 1.0, .high = 2.0, .halvings = 5};
    const auto at_temperature = [](double strength) {
        return Mechanism{.temperature = static_cast<float>(strength)};
    };
    LawBench bench(scene, {.parallel = 4});
    const auto law_scene = bench.scene();
    const auto shared = find_thresholds(law_scene, law_scene.worlds[0],
                                        [&](double strength, int) -> StrengthWorld {
                                            return {.mechanism = at_temperature(strength)};
                                        },
                                        options, {}, {});
    const auto apart =
        find_thresholds(law_scene, law_scene.worlds[0],
                        [&](double strength, int parallel) -> StrengthWorld {
                            return {.evaluator = std::make_unique<StubEvaluator>(
                                        Machine{.parallel = parallel}.shape(), scene.factual.model),
                                    .mechanism = at_temperature(strength)};
                        },
                        options, {}, {});
    ASSERT_EQ(shared.size(), apart.size());
    int changed = 0;
    for (std::size_t i = 0; i < shared.size(); ++i) {
        EXPECT_EQ(shared[i].strength, apart[i].strength);
        EXPECT_EQ(shared[i].token, apart[i].token);
        if (shared[i].strength) {
            ++changed;
            scene.worlds[0].rules.mechanism = at_temperature(*shared[i].strength);
            const auto there = test::run_on(scene, {}).pairs[i];
            EXPECT_EQ(there.lcp, shared[i].position);
        }
    }
    EXPECT_GT(changed, 12);
}

TEST(Threshold, SaysWhatHasChangedAlready) {
    const auto scene = dose_scene();
    const auto found = thresholds_of(scene, {}, {.low = 3.9, .high = 4.0, .halvings = 2});
    EXPECT_TRUE(std::ranges::any_of(found, &Threshold::at_low));
    for (const auto& one : found) {
        EXPECT_TRUE(!one.at_low || one.strength == 3.9);
    }
    for (const auto& one : thresholds_of(scene, {}, {.low = 0.0, .high = 1e-6, .halvings = 2})) {
        EXPECT_FALSE(one.strength.has_value());
    }
}

TEST(Threshold, NamesImpossibleTokens) {
    auto scene = dose_scene();
    scene.factual.rules.mechanism = {.top_k = 1};
    EXPECT_ERROR(thresholds_of(scene, {}, {}), "with probability 0 at position");
}

}  // namespace
}  // namespace otherwise
