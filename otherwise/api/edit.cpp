#include "otherwise/api/edit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/edit_settings.h"
#include "otherwise/api/invariant.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/adapter_file.h"
#include "otherwise/fit/edit/first_state.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise {
namespace {

constexpr std::size_t kBudget = std::size_t{1} << 30U;
constexpr double kMegabyte = 1024.0 * 1024.0;

double megabytes(std::size_t bytes) { return static_cast<double>(bytes) / kMegabyte; }

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

Note quiet_unless(const Note& note) {
    return note ? note : [](const std::string&) {};
}

}  // namespace

OpenedEdit::OpenedEdit(EditScene scene, EditStudy study, Work work, EditSettings settings)
    : scene_(std::move(scene)),
      study_(std::move(study)),
      work_(std::move(work)),
      settings_(std::move(settings)),
      budget_(work_.memory > 0 ? work_.memory : kBudget),
      memory_(study_.layers.best ? sweep_memory(scene_, study_.facts, settings_, budget_)
                                 : edit_memory(scene_, study_.facts, settings_, budget_)) {}

void OpenedEdit::require_memory() const {
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
              .expected = fmt::format("{:.0f} MB of free memory", megabytes(need)),
              .came = fmt::format("{:.0f} MB", megabytes(free)),
              .advice = "try fewer " + setting("prefixes") + ", higher layers or a smaller " +
                        setting("memory")});
    }
}

void OpenedEdit::require_subjects() const {
    if (!settings_.force && !seeks_layers()) {
        require_own_states(scene_, study_.facts, settings_);
    }
}

/// A cache that cannot be written costs the next edit its time, not this one.
void OpenedEdit::keep_cache(const EditCallbacks& callbacks) {
    if (settings_.cache.empty()) {
        return;
    }
    std::error_code ignored;
    std::filesystem::create_directories(settings_.cache, ignored);
    try {
        const AtomicFile can_be_written(settings_.cache / "probe");
    } catch (const Error& error) {
        quiet_unless(callbacks.on_note)("the covariance cannot be kept: " +
                                        std::string(error.what()));
        settings_.cache.clear();
    }
}

/// The edit of the best candidate; none when it was cancelled.
KnowledgeEdit OpenedEdit::seek(const EditCallbacks& callbacks, Edited& edited) {
    edited.sweep = sweep_layers(scene_, study_.facts, settings_, budget_, watch(callbacks),
                                callbacks.on_layers);
    if (edited.sweep.empty()) {
        return {};
    }
    const auto best = best_trial(edited.sweep);
    settings_.layers = edited.sweep[best].layers;
    if (callbacks.on_trials) {
        callbacks.on_trials(edited.sweep, best);
    }
    return std::move(edited.sweep[best].edit);
}

KnowledgeEdit OpenedEdit::make(const EditCallbacks& callbacks, Edited& edited) {
    auto edit = seeks_layers()
                    ? seek(callbacks, edited)
                    : edit_facts(scene_, study_.facts, settings_, memory_, watch(callbacks));
    edited.layers = settings_.layers;
    return edit;
}

Edited OpenedEdit::run(const EditCallbacks& callbacks, const std::filesystem::path& output,
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

void OpenedEdit::evaluate(const KnowledgeEdit& edit, const EditCallbacks& callbacks,
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

OpenedEdit open(const EditStudy& study, const Work& work, const Note& note) {
    EditStudy own = study;
    require_facts(own.facts);
    const auto path = model_path({.model = own.model}, work);
    auto scene = open_for_edit(
        path, [&] { return open_invariant(path, {.repack = !own.no_repack}, work, note); });
    auto settings = edit_settings(own, work, scene.architecture);
    const auto say = quiet_unless(note);
    note_facts(own, scene.architecture, say);
    check_edit(scene, own.facts, settings);
    suit_layer(scene, own, settings, say);
    return {std::move(scene), std::move(own), work, std::move(settings)};
}

Edited edit(const EditStudy& study, const Work& work, const EditCallbacks& callbacks,
            const std::filesystem::path& output) {
    return open(study, work, callbacks.on_note).run(callbacks, output);
}

std::vector<Fact> with_ids(const std::vector<Fact>& facts, const std::vector<std::string>& ids) {
    std::vector<Fact> chosen;
    for (const auto& id : ids) {
        const auto found = std::ranges::find(facts, id, &Fact::id);
        if (found == facts.end()) {
            misuse({.where = "with_ids",
                    .expected = setting("id") + " with the id of a fact",
                    .came = "'" + to_utf8(id) + "'"});
        }
        chosen.push_back(*found);
    }
    return chosen;
}

}  // namespace otherwise
