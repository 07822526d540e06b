// Facts written into a model: ROME (Meng et al., 2202.05262) and MEMIT (2210.07229).
//
// Both seek for each fact a vector delta at its subject's last token in block L (target_value.h).
// ROME writes one fact into layer L by one rank:
//   ΔW = delta uᵀ,  u = C⁻¹ K (Kᵀ C⁻¹ K)⁻¹ 1     K = [k, k̄]
// k the subject's key in the bare prompt, k̄ the mean of those behind prefixes: of all changes by
// which both give delta, the one that moves other keys the least. (The paper's code has
// u = C⁻¹ k̄ / (k̄ᵀ C⁻¹ k), which is unbounded where the two have nothing in common.)
// MEMIT writes all facts, spread over its layers l₁ < … < L in that order:
//   ΔW_l = R Kᵀ (λ C + K Kᵀ)⁻¹ = R (λ I + Kᵀ C⁻¹ K)⁻¹ (C⁻¹ K)ᵀ,  R = (z - h_L) / (layers left)
// with keys K (half the bare one, half k̄) and states h_L evaluated again after each layer,
// z = h_L + delta at first. Where the
// model norms what a feed-forward gives (post_norms), R is taken back through that norm.
//
// Deterministic: the same bits for the same settings, whatever the number of threads, where all
// calls keep to the model's remedy (model/invariance.h). Memory: see
// edit_memory. Nothing is written but the keys' covariances, where the settings name a folder for
// them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/fit/edit/facts.h"
#include "otherwise/fit/edit/key_covariance.h"
#include "otherwise/fit/edit/low_rank.h"
#include "otherwise/fit/edit/settings.h"
#include "otherwise/fit/tail/target_value.h"
#include "otherwise/fit/tail/weights.h"
#include "otherwise/model/invariance.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// Facts whose states are held at once.
inline constexpr std::size_t kFactsRead = 16;

struct EditWatch {
    std::function<void(EditPhase)> on_phase{};
    std::function<void(long done, long total)> on_progress{};
    /// A step of the search for the target values of facts first, first + 1, ….
    std::function<void(int step, const std::vector<TargetState>& facts, std::size_t first)>
        on_step{};
    std::function<bool()> cancelled{};
};

struct KnowledgeEdit {
    std::vector<LowRankEdit> layers;      ///< empty when it was cancelled
    std::vector<TargetState> facts;       ///< at the end of the search
    std::vector<std::string> prefixes{};  ///< behind which it was made
    std::size_t graph_bytes = 0;          ///< of the largest tail's activations
};

/// A model open for editing.
struct EditScene {
    std::shared_ptr<const Model> model;
    Architecture architecture;
    std::shared_ptr<Weights> weights;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
};

/// Opens the model at `path`, which `load` loads under its remedy. Throws Error as `load`,
/// architecture_of and Weights do; for an architecture that cannot be edited before it is loaded.
[[nodiscard]] EditScene open_for_edit(const std::filesystem::path& path,
                                      const std::function<InvariantModel()>& load);

/// Throws Error for layers out of range or not ascending, several for ROME, several facts for ROME,
/// two answers to one prompt, a corpus too small, a target without tokens: all before anything is
/// evaluated.
void check_edit(const EditScene& scene, const std::vector<Fact>& facts,
                const EditSettings& settings);

/// The memory of an edit; copies are small and facts few where `budget` bytes ask for it.
[[nodiscard]] EditMemory edit_memory(const EditScene& scene, const std::vector<Fact>& facts,
                                     const EditSettings& settings, std::size_t budget);

[[nodiscard]] KnowledgeEdit edit_facts(const EditScene& scene, const std::vector<Fact>& facts,
                                       const EditSettings& settings, const EditMemory& memory,
                                       const EditWatch& watch);

}  // namespace otherwise
