// Which layers suit an edit: each candidate is tried, and its efficacy weighed against its leakage
// on prompts that no edit ever sees.
//
//   score = ½ P(new | prompt) + ½ mean P(new | paraphrase) - leak - loss
//   leak  = mean rise of P(new | neighbor),  loss = mean fall of P(own answer | neighbor)
//
// A fact without neighbors is given stand-ins: its own prompt with other subjects. The covariances
// of all candidates come from one pass over the text. Cost: a search for target values and two
// passes over the prompts for each candidate.
#pragma once

#include <vector>

#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise {

struct LayerTrial {
    std::vector<int> layers;
    double on_prompt = 0.0;
    double on_paraphrases = 0.0;
    double leak = 0.0;
    double loss = 0.0;
    KnowledgeEdit edit{};
    [[nodiscard]] double score() const { return 0.5 * (on_prompt + on_paraphrases) - leak - loss; }
};

/// Candidates from the first to the middle of the model: single layers for ROME, runs of five for
/// MEMIT. A sweep leaves out those where a subject has no state of its own (first_state.h).
[[nodiscard]] std::vector<std::vector<int>> layer_candidates(EditMethod method,
                                                             const Architecture& architecture);

/// The memory of a sweep, from above: of each part the most that a candidate takes, and the
/// covariances of all.
[[nodiscard]] EditMemory sweep_memory(const EditScene& scene, const std::vector<Fact>& facts,
                                      const EditSettings& settings, std::size_t budget);

/// Tries them in order, `on_layers` before each; empty when it was cancelled.
[[nodiscard]] std::vector<LayerTrial> sweep_layers(
    const EditScene& scene, const std::vector<Fact>& facts, const EditSettings& settings,
    std::size_t budget, const EditWatch& watch,
    const std::function<void(const std::vector<int>&)>& on_layers = {});

/// The index of the best score.
[[nodiscard]] std::size_t best_trial(const std::vector<LayerTrial>& trials);

}  // namespace otherwise
