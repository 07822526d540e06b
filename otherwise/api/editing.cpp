#include "otherwise/api/editing.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/fit/edit/adapter_file.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/fit/edit/low_rank.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;

bool stopped(const EditCallbacks& callbacks) {
    return callbacks.cancelled && callbacks.cancelled();
}

void begin(EditPhase phase, const EditCallbacks& callbacks) {
    if (callbacks.on_phase) {
        callbacks.on_phase(phase);
    }
}

EditWatch watch(const EditCallbacks& callbacks) {
    return {.on_phase = callbacks.on_phase,
            .on_progress = callbacks.on_progress,
            .on_step = callbacks.on_step,
            .cancelled = callbacks.cancelled};
}

}  // namespace

Editing::Editing(EditScene scene, EditStudy study, Work work, EditSettings settings)
    : scene_(std::move(scene)),
      study_(std::move(study)),
      work_(std::move(work)),
      settings_(std::move(settings)),
      budget_(work_.memory > 0 ? work_.memory : kBudget),
      memory_(study_.layers.best ? sweep_memory(scene_, study_.facts, settings_, budget_)
                                 : edit_memory(scene_, study_.facts, settings_, budget_)) {}

void Editing::require_memory() const {
    if (work_.memory > 0 && memory_.gradient() > work_.memory) {
        fail({.where = "edit",
              .expected = fmt::format("{} of at least {:.0f}M for the gradient", setting("memory"),
                                      std::ceil(megabytes(memory_.gradient()))),
              .came = fmt::format("{:.3g} MB", megabytes(work_.memory)),
              .advice = "raise it, or try fewer " + setting("prefixes") + " or higher " +
                        setting("layers")});
    }
    const auto need = memory_.most();
    const auto free = free_memory();
    if (free > 0 && need > free) {
        fail({.where = "edit",
              .expected = needed_megabytes(need) + " of free memory",
              .came = given_megabytes(free),
              .advice = "try fewer " + setting("prefixes") + ", higher layers or a smaller " +
                        setting("memory")});
    }
}

void Editing::require_subjects() const {
    if (!settings_.force && !study_.layers.best) {
        require_own_states(scene_, study_.facts, settings_);
    }
}

/// A cache that cannot be written costs the next edit its time, not this one.
void Editing::keep_cache(const EditCallbacks& callbacks) {
    if (settings_.cache.empty()) {
        return;
    }
    std::error_code ignored;
    std::filesystem::create_directories(settings_.cache, ignored);
    try {
        const AtomicFile can_be_written(settings_.cache / "probe");
    } catch (const Error& error) {
        if (callbacks.on_note) {
            callbacks.on_note("the covariance cannot be kept: " + std::string(error.what()));
        }
        settings_.cache.clear();
    }
}

/// The edit of the best candidate; none when it was cancelled.
KnowledgeEdit Editing::seek(const EditCallbacks& callbacks, Edited& edited) {
    auto sweep = sweep_layers(scene_, study_.facts, settings_, budget_, watch(callbacks),
                              callbacks.on_layers);
    edited.sweep = std::move(sweep.trials);
    if (edited.sweep.empty()) {
        return {};
    }
    settings_.layers = edited.sweep[sweep.best].layers;
    if (callbacks.on_trials) {
        callbacks.on_trials(edited.sweep, sweep.best);
    }
    return std::move(*sweep.edit);
}

KnowledgeEdit Editing::make(const EditCallbacks& callbacks, Edited& edited) {
    auto edit = study_.layers.best
                    ? seek(callbacks, edited)
                    : edit_facts(scene_, study_.facts, settings_, memory_, watch(callbacks));
    edited.layers = settings_.layers;
    return edit;
}

Edited Editing::run(const EditCallbacks& callbacks, const std::filesystem::path& output,
                    bool scores) {
    require_memory();
    if (!output.empty()) {
        const AtomicFile can_be_written(output);
    }
    keep_cache(callbacks);
    Edited edited{.facts = study_.facts};
    const auto edit = make(callbacks, edited);
    edited.cancelled = edit.layers.empty();
    if (!edited.cancelled) {
        edited.adapter = lora_of(scene_.architecture, edit.layers,
                                 adapter_metadata(scene_, study_.facts, settings_));
        evaluate(edit, callbacks, output, scores, edited);
    }
    return edited;
}

void Editing::evaluate(const KnowledgeEdit& edit, const EditCallbacks& callbacks,
                       const std::filesystem::path& output, bool scores, Edited& edited) {
    // llama.cpp takes adapters from files only.
    AtomicFile file(output.empty() ? std::filesystem::temp_directory_path() / "edit.gguf" : output);
    save_lora(edited.adapter, file.path());
    CheckOptions check{.loras = {{.lora = Lora::load(scene_.model, file.path())}},
                       .threads = settings_.threads,
                       .least_rows = scene_.least_rows,
                       .on_progress = callbacks.on_progress,
                       .cancelled = callbacks.cancelled};
    begin(EditPhase::effect, callbacks);
    edited.effect = edit_effect(scene_, study_.facts, edit, settings_.seed, check);
    scene_.weights.reset();
    if (!edited.effect) {
        edited.cancelled = true;
        return;
    }
    edited.misses = edit_misses(*edited.effect);
    if (!output.empty() && (edited.misses.empty() || work_.force)) {
        file.commit();
        edited.output = output.string();
    }
    if (scores) {
        begin(EditPhase::scores, callbacks);
        auto plain = check;
        plain.loras.clear();
        edited.before = check_facts(scene_.model, study_.facts, plain);
        edited.after = check_facts(scene_.model, study_.facts, check);
    }
    edited.cancelled = stopped(callbacks);
}

}  // namespace otherwise
