#include "otherwise/fit/layer_sweep.h"

#include <algorithm>
#include <array>
#include <set>

namespace otherwise {
namespace {

constexpr int kCandidates = 6;
constexpr int kMemitLayers = 5;
constexpr std::array<const char*, 5> kStandIns{"It", "My house", "The school", "John", "Water"};

/// Facts with neighbors: their own, or stand-ins.
std::vector<Fact> with_neighbors(std::vector<Fact> facts) {
    for (auto& fact : facts) {
        if (!fact.neighbors.empty()) {
            continue;
        }
        for (const char* subject : kStandIns) {
            fact.neighbors.push_back(
                {.prompt = fact.before() + subject + fact.after(), .answer = ""});
        }
    }
    return facts;
}

LayerTrial trial_of(const std::vector<int>& layers, const EditScores& before,
                    const EditScores& after) {
    const auto of = [](const MeanOf& mean) { return mean.mean().value_or(0.0); };
    LayerTrial trial{.layers = layers, .on_prompt = of(after.new_on_prompt)};
    trial.on_paraphrases = after.new_on_paraphrases.mean().value_or(trial.on_prompt);
    trial.leak = of(after.new_on_neighbors) - of(before.new_on_neighbors);
    trial.loss = of(before.own_on_neighbors) - of(after.own_on_neighbors);
    return trial;
}

}  // namespace

std::vector<std::vector<int>> layer_candidates(EditMethod method,
                                               const Architecture& architecture) {
    const int run = method == EditMethod::rome ? 1 : std::min(kMemitLayers, architecture.n_layer);
    const int first =
        run - 1 + (method == EditMethod::rome ? std::min(1, architecture.n_layer - 1) : 0);
    const int last = std::max(first, architecture.n_layer / 2);
    std::set<int> ends;
    for (int i = 0; i < kCandidates; ++i) {
        ends.insert(first + (last - first) * i / (kCandidates - 1));
    }
    std::vector<std::vector<int>> candidates;
    for (const int end : ends) {
        candidates.emplace_back();
        for (int layer = end - run + 1; layer <= end; ++layer) {
            candidates.back().push_back(layer);
        }
    }
    return candidates;
}

std::vector<LayerTrial> sweep_layers(const EditScene& scene, const std::vector<Fact>& facts,
                                     const EditSettings& settings, std::size_t budget,
                                     const EditWatch& watch) {
    const auto candidates = layer_candidates(settings.method, scene.architecture);
    const auto checked = with_neighbors(facts);
    std::set<int> all;
    for (const auto& layers : candidates) {
        all.insert(layers.begin(), layers.end());
    }
    const CovarianceOptions gathering{.layers = {all.begin(), all.end()},
                                      .text = settings.text,
                                      .cache = settings.cache,
                                      .threads = settings.threads,
                                      .on_progress = watch.on_progress,
                                      .cancelled = watch.cancelled};
    if (!settings.cache.empty() &&
        key_covariances(scene.model, scene.architecture, gathering).empty()) {
        return {};
    }
    CheckOptions check{.threads = settings.threads, .cancelled = watch.cancelled};
    const auto before = total_scores(check_facts(scene.model, checked, check));
    std::vector<LayerTrial> trials;
    for (const auto& layers : candidates) {
        auto own = settings;
        own.layers = layers;
        const auto edit =
            edit_facts(scene, facts, own, edit_memory(scene, facts, own, budget), watch);
        if (edit.layers.empty()) {
            return {};
        }
        check.edits = edit_hooks(scene.architecture, edit.layers);
        const auto after = check_facts(scene.model, checked, check);
        if (after.empty()) {
            return {};
        }
        trials.push_back(trial_of(layers, before, total_scores(after)));
    }
    return trials;
}

std::size_t best_trial(const std::vector<LayerTrial>& trials) {
    const auto best = std::max_element(
        trials.begin(), trials.end(),
        [](const LayerTrial& a, const LayerTrial& b) { return a.score() < b.score(); });
    return static_cast<std::size_t>(best - trials.begin());
}

}  // namespace otherwise
