// needs: llama
//
// The tail against llama.cpp's own logits and against differences, for each architecture. Covers
// also: architecture.cpp and forms.cpp (what a model is made of), blocks.cpp, weights.cpp.
#include "otherwise/fit/tail/graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "otherwise/fit/tail/memory.h"
#include "tests/support/expect_error.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

using test::TailScene;

const Tokens kLong{260, 270, 281, 263, 299, 258, 301, 277, 266};
const Tokens kShort{258, 261, 290, 305};

class Tail : public testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] TailScene scene() const {
        return TailScene(test::tiny_model(folder_, GetParam()));
    }

private:
    test::TemporaryFolder folder_;
};

/// Every row of these texts as a target, packed into one graph.
std::vector<TailPrompt> all_rows(const TailScene& scene, int layer, std::vector<float>& logits) {
    std::vector<TailPrompt> prompts;
    for (const auto& tokens : {kLong, kShort}) {
        std::vector<float> own;
        auto prompt = scene.prompt(tokens, layer, own);
        for (int row = 0; row < static_cast<int>(tokens.size()); ++row) {
            prompt.targets.emplace_back(row, 260);
        }
        prompts.push_back(std::move(prompt));
        logits.insert(logits.end(), own.begin(), own.end());
    }
    return prompts;
}

/// Root mean square of the state that a delta is added to.
float scale_of(const std::vector<TailPrompt>& prompts) {
    double sum = 0.0;
    for (const float x : prompts.front().state) {
        sum += static_cast<double>(x) * x;
    }
    return static_cast<float>(std::sqrt(sum / static_cast<double>(prompts.front().state.size())));
}

/// The largest difference over the spread (standard deviation) of the reference.
double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double mean = 0.0;
    double square = 0.0;
    double most = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        mean += b[i];
        square += static_cast<double>(b[i]) * b[i];
        most = std::max(most, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    const auto n = static_cast<double>(a.size());
    return most / std::sqrt(square / n - mean * mean / n / n);
}

TEST_P(Tail, LogitsAgreeWithLlama) {
    const auto s = scene();
    for (int layer = 0; layer < s.architecture.n_layer; ++layer) {
        std::vector<float> expected;
        const auto prompts = all_rows(s, layer, expected);
        TailGraph graph(s.architecture, s.weights, prompts, {.layer = layer, .gradient = false});
        std::vector<float> delta(static_cast<std::size_t>(s.architecture.width), 0.0F);
        graph.run(delta);
        const auto logits = graph.logits(0);
        ASSERT_EQ(logits.size(), expected.size());
        EXPECT_LT(relative_difference(logits, expected), 1e-4) << "after block " << layer;
        TailGraph smooth(s.architecture, s.weights, prompts, {.layer = layer});
        smooth.run(delta);  // llama.cpp's GELU is a table
        EXPECT_LT(relative_difference(smooth.logits(0), logits),
                  s.architecture.form.activation == Activation::gelu ? 3e-3 : 1e-6);
        delta.front() = scale_of(prompts);  // the control: another state gives other logits
        graph.run(delta);
        EXPECT_GT(relative_difference(graph.logits(0), expected), 1e-2);
    }
}

/// Two facts of two prompts each: with a prefix, with two target tokens, with a law to keep.
std::vector<TailPrompt> two_facts(const TailScene& scene, int layer) {
    std::vector<float> logits;
    std::vector<TailPrompt> prompts(4);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        prompts[i] = scene.prompt(i % 2 == 0 ? kLong : kShort, layer, logits);
        prompts[i].fact = static_cast<int>(i / 2);
        prompts[i].at = static_cast<int>(i);
    }
    prompts[0].targets = {{7, 262}, {8, 303}};
    prompts[1].targets = {{3, 262}};
    prompts[2].targets = {{8, 270}};
    prompts[3].keep = 3;
    return prompts;
}

std::vector<float> random_deltas(const TailScene& scene, unsigned seed, float scale = 1.0F) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 0.3F * scale);
    std::vector<float> deltas(static_cast<std::size_t>(2 * scene.architecture.width));
    std::generate(deltas.begin(), deltas.end(), [&] { return normal(random); });
    return deltas;
}

double total(const TailGraph& graph, double kl_weight) {
    double sum = 0.0;
    for (int fact = 0; fact < graph.facts(); ++fact) {
        sum += graph.loss(fact).nll + kl_weight * graph.loss(fact).kl;
    }
    return sum;
}

/// Relative error of a gradient against central differences of the loss, over some coordinates.
double error_of(TailGraph& graph, const std::vector<float>& at, const std::vector<float>& gradient,
                double kl_weight, float step) {
    double difference = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < at.size(); i += 5) {
        auto moved = at;
        moved[i] = at[i] + step;
        graph.run(moved);
        const double above = total(graph, kl_weight);
        moved[i] = at[i] - step;
        graph.run(moved);
        const double slope = (above - total(graph, kl_weight)) / (2.0 * step);
        difference += (slope - gradient[i]) * (slope - gradient[i]);
        size += slope * slope;
    }
    return std::sqrt(difference / size);
}

TEST_P(Tail, GradientAgreesWithFiniteDifferences) {
    constexpr float kWeight = 64.0F;
    const auto s = scene();
    for (const int layer : {0, 2, s.architecture.n_layer - 1}) {
        const auto prompts = two_facts(s, layer);
        const float scale = scale_of(prompts);
        TailGraph graph(s.architecture, s.weights, prompts, {.layer = layer, .kl_weight = kWeight});
        const auto at = random_deltas(s, 5, scale);
        graph.run(at);
        auto gradient = graph.gradient();
        EXPECT_LT(error_of(graph, at, gradient, kWeight, 0.03F * scale), 5e-3)
            << "after block " << layer;
        // the control: the gradient without what the law to keep adds to it
        EXPECT_GT(error_of(graph, at, gradient, 0.0, 0.03F * scale), 2e-2);
    }
}

TEST_P(Tail, GradientDoesNotDependOnThreads) {
    const auto s = scene();
    std::vector<std::vector<float>> gradients;
    for (const int threads : {1, 2, 3}) {
        TailGraph graph(s.architecture, s.weights, two_facts(s, 1),
                        {.layer = 1, .threads = threads});
        graph.run(random_deltas(s, 6));
        gradients.push_back(graph.gradient());
    }
    EXPECT_EQ(gradients[0], gradients[1]);
    EXPECT_EQ(gradients[0], gradients[2]);
}

TEST_P(Tail, KeepsTheLawAtZeroAndWritesItsMemory) {
    const auto s = scene();
    TailGraph graph(s.architecture, s.weights, two_facts(s, 1), {.layer = 1});
    const auto width = static_cast<std::size_t>(s.architecture.width);
    graph.run(std::vector<float>(2 * width, 0.0F));
    EXPECT_NEAR(graph.loss(1).kl, 0.0, 1e-6);
    EXPECT_EQ(graph.loss(0).kl, 0.0);
    graph.run(random_deltas(s, 7));
    EXPECT_GT(graph.loss(1).kl, 1e-4);
    // rows of four texts; logits of three targets and one law
    const int rows = 2 * static_cast<int>(kLong.size() + kShort.size());
    const auto estimate = tail_bytes(s.architecture, *s.weights, 1, rows, 5);
    EXPECT_GE(estimate, graph.bytes());
    EXPECT_LE(estimate, 4 * graph.bytes());
}

INSTANTIATE_TEST_SUITE_P(Architectures, Tail, testing::ValuesIn(editable_architectures()),
                         [](const auto& model) { return model.param; });

TEST(Tail, WantsATargetForEachFact) {
    const test::TemporaryFolder folder;
    const TailScene s(test::tiny_model(folder, "llama"));
    std::vector<float> logits;
    EXPECT_ERROR(TailGraph(s.architecture, s.weights, {s.prompt(kShort, 1, logits)}, {.layer = 1}),
                 "a target for each fact");
}

}  // namespace
}  // namespace otherwise
