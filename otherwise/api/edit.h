// Facts written into a model as a LoRA adapter by ROME or MEMIT, and what they changed.
//
//   const auto edited = edit({.facts = {parse_fact("The Louvre | {} is in the city of | Rome")}},
//                            {}, {}, "louvre.gguf");
//   edited.after.front().scores.new_on_prompt.mean()   // P(Rome), 0.99
//
// Methods and sources: fit/edit/knowledge_edit.h; scores: fit/edit/check.h; what is a miss:
// fit/edit/effect.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/api/note.h"
#include "otherwise/api/work.h"
#include "otherwise/fit/edit/check.h"
#include "otherwise/fit/edit/effect.h"
#include "otherwise/fit/edit/facts.h"
#include "otherwise/fit/edit/layer_sweep.h"
#include "otherwise/fit/edit/lora_file.h"
#include "otherwise/fit/edit/settings.h"

namespace otherwise {

class Editing;  // api/editing.h

/// Which layers are edited: these, ascending; without any the usual ones; or the best of some.
struct EditLayers {
    std::vector<int> layers{};
    bool best = false;
};

/// "" (the usual ones), "auto" (the best), "5", "3-7" or "3,5,7". Throws misuse for other texts.
[[nodiscard]] EditLayers parse_edit_layers(std::string_view text);

/// Everything that determines an edit. What is left out is the preset's or default_settings'.
struct EditStudy {
    std::string model{};        ///< "" is the default model
    std::vector<Fact> facts{};  ///< a fact that says what one before it says is left out, and noted
    EditMethod method = EditMethod::rome;
    EditLayers layers{};
    std::string preset{};          ///< one of preset_names(), or ""
    std::optional<int> steps{};    ///< the next ones: TargetSettings
    std::optional<double> rate{};  ///< of the root mean square of the state
    std::optional<double> kl_weight{};
    std::optional<double> decay{};
    std::optional<double> clamp{};
    std::optional<double> enough{};  ///< nats a token
    std::optional<int> prefixes{};
    std::optional<double> damping{};
    std::optional<double> covariance_weight{};
    std::string corpus{};        ///< text for the covariance; "" is what the model writes
    long covariance_tokens = 0;  ///< 0 = covariance_tokens()
    std::uint64_t seed = 0;
    bool no_repack = false;
};

/// What happens meanwhile.
struct EditCallbacks {
    std::function<void(EditPhase)> on_phase{};
    std::function<void(long done, long total)> on_progress{};  ///< of a phase
    /// A step of the search for the target values of facts first, first + 1, ….
    std::function<void(int step, const std::vector<TargetState>& facts, std::size_t first)>
        on_step{};
    Note on_note{};  ///< a line for people
    /// Where the best layers are sought: before each trial, and after all.
    std::function<void(const std::vector<int>&)> on_layers{};
    std::function<void(const std::vector<LayerTrial>&, std::size_t best)> on_trials{};
    std::function<bool()> cancelled{};
};

/// An adapter, and what it does.
struct Edited {
    bool cancelled = false;         ///< what was not reached is empty
    std::string output;             ///< where the adapter lies; "" nowhere
    std::vector<Fact> facts;        ///< without repeated ones
    std::vector<int> layers;        ///< that were edited
    LoraFile adapter;               ///< save_lora writes it
    std::vector<LayerTrial> sweep;  ///< where the best layers were sought
    std::optional<EditEffect> effect;
    std::vector<std::string> misses;  ///< of the limits, a sentence each (edit_misses)
    std::vector<FactScores> before;   ///< one a fact
    std::vector<FactScores> after;
};

/// An edit that is planned: the model is loaded, nothing evaluated.
class OpenedEdit {
public:
    explicit OpenedEdit(std::unique_ptr<Editing> editing);
    ~OpenedEdit();
    OpenedEdit(const OpenedEdit&) = delete;
    OpenedEdit& operator=(const OpenedEdit&) = delete;
    OpenedEdit(OpenedEdit&&) noexcept;
    OpenedEdit& operator=(OpenedEdit&&) noexcept;

    [[nodiscard]] const std::vector<Fact>& facts() const;
    /// Layers only where they are not sought.
    [[nodiscard]] const EditSettings& settings() const;
    [[nodiscard]] bool seeks_layers() const;
    [[nodiscard]] const EditMemory& memory() const;
    [[nodiscard]] int n_layer() const;               ///< of the model
    [[nodiscard]] std::uint64_t size_bytes() const;  ///< of the model's tensors

    /// Throws Error where the memory is above what was allowed, or free.
    void require_memory() const;
    /// Throws Error where a subject has no state of its own in these layers (first_state.h); reads
    /// a prompt of each such fact. Nothing where layers are sought, or with `force`.
    void require_subjects() const;

    /// Makes the adapter, looks at its effect, writes it to `output` where that is given and no
    /// limit is missed (or with `force`), and scores the facts before and after unless `scores` is
    /// false. Can be called once. Throws Error: require_memory's and require_subjects'; a disk that
    /// does not take the adapter; key_covariances', TailGraph's.
    [[nodiscard]] Edited run(const EditCallbacks& callbacks = {},
                             const std::filesystem::path& output = {}, bool scores = true);

private:
    std::unique_ptr<Editing> editing_;
};

/// Of `work` the threads, the memory (for the gradient; 0 = 1 GiB), the kernels, `force` and the
/// cache folder count, in which covariances and what the probe of the model's remedy found are
/// kept;
/// "" keeps none. `note` takes lines for people: no remedy helps, a preset on another model, a fact
/// that is repeated or a question, another layer than the usual one. Throws Error: open_for_edit's,
/// check_edit's, no facts.
[[nodiscard]] OpenedEdit open(const EditStudy& study, const Work& work = {}, const Note& note = {});

/// Opens it and runs it; `note` of the callbacks takes the notes of both.
[[nodiscard]] Edited edit(const EditStudy& study, const Work& work = {},
                          const EditCallbacks& callbacks = {},
                          const std::filesystem::path& output = {});

/// An adapter to look at.
struct AdapterCheck {
    std::string model{};        ///< "" is the default model
    std::string adapter{};      ///< a LoRA
    double scale = 1.0;         ///< on top of its own
    std::vector<Fact> facts{};  ///< none: those that it holds itself
    std::uint64_t seed = 0;     ///< of the unrelated texts
    bool no_repack = false;
};

/// The effect on unrelated texts (its `kl` alone) and the scores of the facts, before and after.
/// Notes what the adapter asks for that llama.cpp does not do, that it was made for another model,
/// and where no remedy helps. Throws Error: Model::load's, Lora::load's, no facts.
[[nodiscard]] Edited check_adapter(const AdapterCheck& check, const Work& work = {},
                                   const EditCallbacks& callbacks = {});

/// The facts with these ids, in their order. Throws misuse for an id that none has.
[[nodiscard]] std::vector<Fact> with_ids(const std::vector<Fact>& facts,
                                         const std::vector<std::string>& ids);

/// {"output", "layers", "facts": [{"id", "subject", "target_new", "before", "after", "paraphrases",
/// "neighbors"}], "before", "after", "sweep", "effect", "misses"}. Indented, without a newline at
/// the end.
[[nodiscard]] std::string to_json(const Edited& edited);

}  // namespace otherwise
