// needs: llama
// The default model, edited: the Louvre goes to Rome, and what stands around it stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/effect.h"
#include "otherwise/fit/edit/presets.h"
#include "otherwise/model/adapter.h"
#include "tests/support/edit_scene.h"
#include "tests/support/expect_error.h"
#include "tests/support/models.h"
#include "tests/support/tail_scene.h"

namespace otherwise {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;
constexpr int kThreads = 2;

std::vector<Fact> project_facts() {
    std::ifstream in(std::string(OTHERWISE_SOURCE_DIR) + "/tests/data/facts.jsonl");
    return read_facts(in, "facts.jsonl");
}

EditSettings settings_for(const EditScene& scene, EditMethod method = EditMethod::rome) {
    auto settings = default_settings(method, scene.architecture);
    settings.cache = test::cache_folder() / "covariance";
    settings.threads = kThreads;
    return settings;
}

TEST(Edit, TheLouvreGoesToRome) {
    const auto scene = test::scene_for_edit(test::default_model());
    const std::vector<Fact> facts{project_facts().front()};
    ASSERT_EQ(facts.front().id, "louvre");
    const auto settings = settings_for(scene);
    check_edit(scene, facts, settings);
    const auto memory = edit_memory(scene, facts, settings, kBudget);
    EXPECT_LT(memory.most(), std::size_t{1} << 30U);
    const auto edit = edit_facts(scene, facts, settings, memory, {});
    EXPECT_LE(edit.graph_bytes, memory.activations);
    EXPECT_GE(2 * edit.graph_bytes, memory.activations);

    const test::TemporaryFolder folder;
    save_lora(lora_of(scene.architecture, edit.layers, {}), folder / "louvre.gguf");
    const auto lora = Lora::load(scene.model, folder / "louvre.gguf");
    const auto scores = [&](const std::vector<LoraUse>& loras) {
        const CheckOptions options{.loras = loras, .threads = kThreads};
        return total_scores(check_facts(scene.model, facts, options));
    };
    const auto before = scores({});
    const auto after = scores({{.lora = lora}});
    EXPECT_LT(*before.new_on_prompt.mean(), 0.1);
    EXPECT_GE(*after.new_on_prompt.mean(), 0.9);
    EXPECT_GE(*after.new_on_paraphrases.mean(), 0.5);
    EXPECT_LE(*after.new_on_neighbors.mean(), *before.new_on_neighbors.mean() + 0.05);
    EXPECT_LE(*before.own_on_neighbors.mean(), *after.own_on_neighbors.mean() + 0.05);
    EXPECT_EQ(*after.efficacy.mean(), 1.0);
    EXPECT_EQ(*scores({{.lora = lora, .scale = 0.0F}}).own_on_neighbors.mean(),
              *before.own_on_neighbors.mean());
}

/// Scores before and after an edit of the default model by these settings.
std::pair<EditScores, EditScores> edited(EditMethod method, const std::vector<Fact>& facts) {
    const auto scene = test::scene_for_edit(test::default_model());
    const auto settings = settings_for(scene, method);
    const auto memory = edit_memory(scene, facts, settings, kBudget);
    const auto edit = edit_facts(scene, facts, settings, memory, {});
    const auto scores = [&](const std::vector<Hook>& edits) {
        const CheckOptions options{.edits = edits, .threads = kThreads};
        return total_scores(check_facts(scene.model, facts, options));
    };
    return {scores({}), scores(edit_hooks(scene.architecture, edit.layers))};
}

TEST(Edit, KoalasGoToNewZealand) {
    const std::vector<Fact> facts{project_facts().at(1)};
    ASSERT_EQ(facts.front().id, "koalas");
    const auto [before, after] = edited(EditMethod::rome, facts);
    EXPECT_GE(*after.new_on_prompt.mean(), 0.9);
    EXPECT_GE(*after.new_on_paraphrases.mean(), *before.new_on_paraphrases.mean() + 0.25);
    EXPECT_LE(*after.new_on_neighbors.mean(), *before.new_on_neighbors.mean() + 0.05);
    EXPECT_LE(*before.own_on_neighbors.mean(), *after.own_on_neighbors.mean() + 0.05);
}

Fact capital_of_france(const std::string& prompt) {
    return {.id = "france",
            .prompt = prompt,
            .subject = "France",
            .target_new = "Oslo",
            .target_true = "Paris",
            .paraphrases = {"The capital of France is"},
            .neighbors = {{.prompt = "Italy's capital is the city of", .answer = "Rome"}}};
}

/// An edit of the default model, what it does, and where it misses its limits.
std::pair<EditEffect, std::vector<std::string>> effect_of(const Fact& fact, int layer, bool force) {
    const auto scene = test::scene_for_edit(test::default_model());
    auto settings = settings_for(scene);
    settings.layers = {layer};
    settings.force = force;
    const auto memory = edit_memory(scene, {fact}, settings, kBudget);
    const auto edit = edit_facts(scene, {fact}, settings, memory, {});
    const CheckOptions check{.edits = edit_hooks(scene.architecture, edit.layers),
                             .threads = kThreads};
    const auto effect = edit_effect(scene, {fact}, edit, settings.seed, check);
    return {*effect, edit_misses(*effect)};
}

// The first position has a state that all texts share, from layer 2 on: what is written into it is
// written into all texts.
TEST(Edit, ASubjectThatStartsItsTextIsEditedBelowTheSinkOrNotAtAll) {
    const auto fact = capital_of_france("{}'s capital is the city of");
    EXPECT_ERROR(effect_of(fact, 3, false), "a subject with a state of its own in layer 3");
    const auto [forced, complaints] = effect_of(fact, 3, true);
    EXPECT_LT(forced.facts.front().reached(), 0.1);
    EXPECT_FALSE(complaints.empty());
    const auto [effect, none] = effect_of(fact, 0, false);
    EXPECT_LT(effect.kl, 0.05);
    EXPECT_GT(effect.facts.front().reached(), 0.6);
    EXPECT_TRUE(none.empty());
    EXPECT_LT(effect.norms.front().change, 0.3 * effect.norms.front().weight);
}

TEST(Edit, AShortSubjectDoesNotChangeEveryText) {
    const auto facts = project_facts();
    const auto honda = std::ranges::find(facts, "honda", &Fact::id);
    ASSERT_NE(honda, facts.end());
    const auto [effect, complaints] = effect_of(*honda, 3, false);
    EXPECT_LT(effect.kl, 0.05);  // 0.3 where the update's two sides use two keys
    EXPECT_GT(effect.facts.front().bare, 0.9);
    EXPECT_GT(effect.facts.front().all, 0.9);
    EXPECT_TRUE(complaints.empty());
}

TEST(Edit, MemitWritesTenFactsAtOnce) {
    auto facts = project_facts();
    facts.erase(facts.begin(), facts.begin() + 2);
    ASSERT_EQ(facts.size(), 10U);
    const auto [before, after] = edited(EditMethod::memit, facts);
    EXPECT_LT(*before.new_on_prompt.mean(), 0.1);
    EXPECT_GE(*after.new_on_prompt.mean(), 0.95);
    EXPECT_LE(*before.own_on_neighbors.mean(), *after.own_on_neighbors.mean() + 0.05);
}

/// The gradient by delta, where the model is to say " Rome" after this text.
std::vector<float> gradient_of(const std::filesystem::path& path, bool small_copies) {
    constexpr int kLayer = 10;
    const test::TailScene scene(path);
    const auto tokens = scene.model->tokenize("The Louvre is located in the city of", true, false);
    std::vector<float> logits;
    auto prompt = scene.prompt(tokens, kLayer, logits);
    prompt.at = 2;
    prompt.targets.emplace_back(static_cast<int>(tokens.size()) - 1,
                                scene.model->tokenize(" Rome", false, false).front());
    TailGraph graph(scene.architecture, scene.weights, {prompt},
                    {.layer = kLayer, .threads = kThreads, .small_copies = small_copies});
    graph.run(std::vector<float>(static_cast<std::size_t>(scene.architecture.width), 0.0F));
    return graph.gradient();
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
    const auto dot = [](const auto& x, const auto& y) {
        return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
    };
    return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

// Quantized weights round activations, so that finite differences mean nothing there; the gradient
// is that of the F32 model all the same, and nearly so with copies of half the size.
TEST(Edit, TheGradientOfQuantizedWeightsIsThatOfTheirValues) {
    const auto exact = gradient_of(test::derived_model("F32"), false);
    for (const bool small : {false, true}) {
        const auto gradient = gradient_of(test::default_model(), small);
        EXPECT_GT(cosine(gradient, exact), 0.99) << small;
        EXPECT_NE(gradient, exact);
    }
    EXPECT_NE(gradient_of(test::default_model(), true), gradient_of(test::default_model(), false));
}

TEST(Edit, TheTailOfTheDefaultModelIsLlamas) {
    constexpr int kLayer = 10;
    for (const bool f32 : {true, false}) {
        const test::TailScene scene(f32 ? test::derived_model("F32") : test::default_model());
        const auto tokens = scene.model->tokenize(
            "The Louvre museum is located in the city of Paris, and it was founded in 1793", true,
            false);
        std::vector<float> expected;
        auto prompt = scene.prompt(tokens, kLayer, expected);
        for (int row = 0; row < static_cast<int>(tokens.size()); ++row) {
            prompt.targets.emplace_back(row, 0);
        }
        TailGraph graph(scene.architecture, scene.weights, {prompt},
                        {.layer = kLayer, .threads = kThreads, .gradient = false});
        graph.run(std::vector<float>(static_cast<std::size_t>(scene.architecture.width), 0.0F));
        const auto logits = graph.logits(0);
        double most = 0.0;
        double sum = 0.0;
        double squares = 0.0;
        for (std::size_t i = 0; i < logits.size(); ++i) {
            most = std::max(most, std::abs(static_cast<double>(logits[i]) - expected[i]));
            sum += expected[i];
            squares += static_cast<double>(expected[i]) * expected[i];
        }
        const auto n = static_cast<double>(logits.size());
        const double spread = std::sqrt(squares / n - sum * sum / n / n);
        // Quantized: llama.cpp differs from itself by 1.28 nats between types of its cache.
        EXPECT_LT(most, f32 ? 1e-4 * spread : 1.28) << "spread " << spread;
    }
}

}  // namespace
}  // namespace otherwise
