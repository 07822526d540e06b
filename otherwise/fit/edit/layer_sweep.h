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

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "otherwise/fit/edit/settings.h"

namespace otherwise {

struct Architecture;   // fit/tail/architecture.h
struct EditScene;      // knowledge_edit.h
struct EditWatch;      // knowledge_edit.h
struct Fact;           // facts.h
struct KnowledgeEdit;  // knowledge_edit.h

struct LayerTrial {
    std::vector<int> layers;
    double on_prompt = 0.0;
    double on_paraphrases = 0.0;
    double leak = 0.0;
    double loss = 0.0;
    [[nodiscard]] double score() const { return 0.5 * (on_prompt + on_paraphrases) - leak - loss; }
};

/// All trials in order, and the edit of the one with the best score (the first of equal ones).
struct LayerSweep {
    std::vector<LayerTrial> trials{};  ///< empty when it was cancelled
    std::size_t best = 0;
    std::shared_ptr<KnowledgeEdit> edit{};
};

/// Candidates from the first to the middle of the model: single layers for ROME, runs of five for
/// MEMIT. A sweep leaves out those where a subject has no state of its own (first_state.h).
[[nodiscard]] std::vector<std::vector<int>> layer_candidates(EditMethod method,
                                                             const Architecture& architecture);

/// The memory of a sweep, from above: of each part the most that a candidate takes, the covariances
/// of all, and the edit of the best so far.
[[nodiscard]] EditMemory sweep_memory(const EditScene& scene, const std::vector<Fact>& facts,
                                      const EditSettings& settings, std::size_t budget);

/// Tries them in order, `on_layers` before each.
[[nodiscard]] LayerSweep sweep_layers(
    const EditScene& scene, const std::vector<Fact>& facts, const EditSettings& settings,
    std::size_t budget, const EditWatch& watch,
    const std::function<void(const std::vector<int>&)>& on_layers = {});

}  // namespace otherwise
