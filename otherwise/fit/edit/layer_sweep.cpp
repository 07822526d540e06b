#include "otherwise/fit/edit/layer_sweep.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/fit/edit/knowledge_edit.h"

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

/// Only candidates where every subject has a state of its own. Throws Error where there is none.
void leave_out_sinks(const EditScene& scene, const std::vector<Fact>& facts,
                     const EditSettings& settings, std::vector<std::vector<int>>& candidates) {
    auto lowest = settings;
    lowest.layers = candidates.front();
    require_own_states(scene, facts, lowest);
    int most = candidates.back().back();
    for (const auto& fact : facts) {
        most = highest_own_layer(scene, fact, most, settings.threads);
    }
    std::erase_if(candidates, [&](const auto& layers) { return layers.back() > most; });
}

/// Every layer of some candidate, ascending.
std::vector<int> all_layers(const std::vector<std::vector<int>>& candidates) {
    std::set<int> all;
    for (const auto& layers : candidates) {
        all.insert(layers.begin(), layers.end());
    }
    return {all.begin(), all.end()};
}

}  // namespace

std::vector<std::vector<int>> layer_candidates(EditMethod method,
                                               const Architecture& architecture) {
    const int run = method == EditMethod::rome ? 1 : std::min(kMemitLayers, architecture.n_layer);
    const int first = run - 1;
    // The last layer's states of a subject reach no answer.
    const int last = std::max(first, std::min(architecture.n_layer / 2, architecture.n_layer - 2));
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

EditMemory sweep_memory(const EditScene& scene, const std::vector<Fact>& facts,
                        const EditSettings& settings, std::size_t budget) {
    const auto candidates = layer_candidates(settings.method, scene.architecture);
    EditMemory most;
    most.facts_at_once = static_cast<int>(facts.size());
    for (const auto& layers : candidates) {
        auto own = settings;
        own.layers = layers;
        const auto memory = edit_memory(scene, facts, own, budget);
        most.sampling = memory.sampling;
        most.reading = memory.reading;
        most.solver = memory.solver;
        most.facts = std::max(most.facts, memory.facts);
        most.writing = std::max(most.writing, memory.writing);
        most.adapter = std::max(most.adapter, 2 * memory.adapter);  // and that of the best so far
        most.effect = memory.effect;
        most.copies = std::max(most.copies, memory.copies);
        most.turning = std::max(most.turning, memory.turning);
        most.activations = std::max(most.activations, memory.activations);
        most.small_copies = most.small_copies || memory.small_copies;
        most.facts_at_once = std::min(most.facts_at_once, memory.facts_at_once);
    }
    const auto n = static_cast<int>(all_layers(candidates).size());
    most.covariance = covariance_bytes(scene.architecture, n);
    most.kept = 2 * packed_covariance_bytes(scene.architecture, n);  // a candidate copies its own
    return most;
}

LayerSweep sweep_layers(const EditScene& scene, const std::vector<Fact>& facts,
                        const EditSettings& settings, std::size_t budget, const EditWatch& watch,
                        const std::function<void(const std::vector<int>&)>& on_layers) {
    auto candidates = layer_candidates(settings.method, scene.architecture);
    if (!settings.force) {
        leave_out_sinks(scene, facts, settings, candidates);
    }
    const auto checked = with_neighbors(facts);
    if (watch.on_phase) {
        watch.on_phase(EditPhase::covariance);
    }
    const auto covariances = std::make_shared<const std::vector<KeyCovariance>>(
        key_covariances(scene.model, scene.architecture,
                        {.layers = all_layers(candidates),
                         .text = settings.text,
                         .cache = settings.cache,
                         .threads = settings.threads,
                         .least_rows = scene.least_rows,
                         .on_progress = watch.on_progress,
                         .cancelled = watch.cancelled}));
    if (covariances->empty()) {
        return {};
    }
    CheckOptions check{
        .threads = settings.threads, .least_rows = scene.least_rows, .cancelled = watch.cancelled};
    const auto before = total_scores(check_facts(scene.model, checked, check));
    LayerSweep sweep;
    for (const auto& layers : candidates) {
        if (on_layers) {
            on_layers(layers);
        }
        auto own = settings;
        own.layers = layers;
        own.covariances = covariances;
        auto edit = edit_facts(scene, facts, own, edit_memory(scene, facts, own, budget), watch);
        if (edit.layers.empty()) {
            return {};
        }
        check.edits = edit_hooks(scene.architecture, edit.layers);
        const auto after = check_facts(scene.model, checked, check);
        if (after.empty()) {
            return {};
        }
        auto& trials = sweep.trials;
        trials.push_back(trial_of(layers, before, total_scores(after)));
        if (trials.size() == 1 || trials.back().score() > trials[sweep.best].score()) {
            sweep.best = trials.size() - 1;
            sweep.edit = std::make_shared<KnowledgeEdit>(std::move(edit));
        }
    }
    return sweep;
}

}  // namespace otherwise
