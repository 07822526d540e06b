// needs: llama
#include "otherwise/fit/tail/target_value.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

double norm(std::span<const float> values) {
    double sum = 0.0;
    for (const float value : values) {
        sum += static_cast<double>(value) * value;
    }
    return std::sqrt(sum);
}

/// Two facts after block 1 of a tiny model: token 300 or 305 at the end of a text each, whose law
/// before is to stay.
class TargetValues : public testing::Test {
protected:
    [[nodiscard]] std::unique_ptr<TailGraph> graph(float kl_weight) {
        std::vector<TailPrompt> prompts;
        starts_.clear();
        for (int fact = 0; fact < 2; ++fact) {
            std::vector<float> logits;
            auto prompt = scene_.prompt({260, 270 + fact, 281, 263}, 1, logits);
            prompt.fact = fact;
            prompt.at = 1;
            prompt.targets = {{3, 300 + 5 * fact}};
            prompt.keep = 2;
            const auto width = static_cast<std::size_t>(scene_.architecture.width);
            const auto row = prompt.state.begin() + static_cast<std::ptrdiff_t>(width);
            const std::vector<float> state(row, row + static_cast<std::ptrdiff_t>(width));
            starts_.push_back({.state = state, .output = std::vector<float>(width, 0.25F)});
            prompts.push_back(std::move(prompt));
        }
        return std::make_unique<TailGraph>(scene_.architecture, scene_.weights, prompts,
                                           TailOptions{.layer = 1, .kl_weight = kl_weight});
    }

    test::TemporaryFolder folder_;
    test::TailScene scene_{test::tiny_model(folder_, "llama")};
    std::vector<TargetStart> starts_;
};

TEST_F(TargetValues, MakeTheAnswersLikelyAndKeepTheLawByItsWeight) {
    TargetSettings settings{.steps = 60, .kl_weight = 1e-3, .decay = 0.0, .clamp = 100.0};
    const auto tail = graph(static_cast<float>(settings.kl_weight));
    std::vector<double> nll;
    const auto values = target_values(*tail, starts_, settings, [&](int, const auto& facts) {
        nll.push_back(facts[0].parts.nll);
    });
    ASSERT_EQ(values.size(), 2U);
    EXPECT_GT(nll.front(), 2.0);
    for (const auto& value : values) {
        EXPECT_LT(value.state.parts.nll, nll.front() / 10.0);
        EXPECT_NEAR(value.state.length, norm(value.delta) / norm(starts_[0].output), 1e-6);
        EXPECT_GE(value.state.loss, value.state.parts.nll);
    }
    settings.kl_weight = 10.0;
    const auto kept = target_values(*graph(10.0F), starts_, settings);
    EXPECT_LT(kept[0].state.parts.kl, values[0].state.parts.kl / 4.0);
    EXPECT_GT(kept[0].state.parts.nll, values[0].state.parts.nll);
}

TEST_F(TargetValues, TheFirstStepOfAdamIsItsRateAlongEachAxis) {
    const TargetSettings settings{
        .steps = 1, .rate = 0.02, .kl_weight = 0.0, .decay = 0.0, .clamp = 1e6};
    const auto tail = graph(0.0F);
    const auto values = target_values(*tail, starts_, settings);
    const double width = scene_.architecture.width;
    for (std::size_t fact = 0; fact < 2; ++fact) {
        const double step = 0.02 * norm(starts_[fact].state) / std::sqrt(width);
        for (const float value : values[fact].delta) {
            EXPECT_NEAR(std::abs(value), step, 0.01 * step);
        }
        EXPECT_EQ(values[fact].state.steps, 1);
    }
}

TEST_F(TargetValues, AreNoLongerThanTheClamp) {
    TargetSettings settings{.steps = 5, .rate = 1.0, .clamp = 0.5};
    const auto tail = graph(static_cast<float>(settings.kl_weight));
    for (const auto& value : target_values(*tail, starts_, settings)) {
        EXPECT_LE(value.state.length, 0.5 + 1e-5);
        EXPECT_NEAR(norm(value.delta), 0.5 * norm(starts_[0].output), 1e-4);
    }
    settings.state_units = true;
    const auto values = target_values(*tail, starts_, settings);
    EXPECT_NEAR(norm(values[0].delta), 0.5 * norm(starts_[0].state), 1e-3);
}

TEST_F(TargetValues, StopWhereTheyAreGoodEnoughOrCancelled) {
    const auto tail = graph(0.0625F);
    const auto nothing = target_values(*tail, starts_, {.steps = 0});
    EXPECT_EQ(norm(nothing[0].delta), 0.0);
    const auto enough = target_values(*tail, starts_, {.steps = 9, .enough = 100.0});
    EXPECT_TRUE(enough[0].state.done);
    EXPECT_EQ(enough[0].state.steps, 0);
    int steps = 0;
    const auto cancelled =
        target_values(*tail, starts_, {.steps = 9}, {}, [&] { return ++steps == 3; });
    EXPECT_EQ(cancelled[0].state.steps, 2);
}

}  // namespace
}  // namespace otherwise
