// check_adapter of edit.h.
#include "otherwise/api/compose.h"
#include "otherwise/api/edit.h"
#include "otherwise/api/edit_settings.h"
#include "otherwise/api/invariant.h"
#include "otherwise/base/processors.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/adapter_file.h"
#include "otherwise/fit/edit/continuations.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/model.h"

namespace otherwise {
namespace {

constexpr std::size_t kShortHash = 12;

void note_adapter(const Lora& lora, const AdapterCheck& check, const std::string& made_for,
                  const Model& model, const Note& note) {
    if (!note) {
        return;
    }
    for (const auto& line : left_out_notes(lora.left_out(), check.adapter, false)) {
        note("note: " + line);
    }
    if (!made_for.empty() && made_for != model.hash()) {
        note(
            "note: this adapter was made for another model, or another quantization of it "
            "(sha256 " +
            to_utf8(made_for.substr(0, kShortHash)) + "…)");
    }
}

}  // namespace

Edited check_adapter(const AdapterCheck& check, const Work& work, const EditCallbacks& callbacks) {
    const auto origin = adapter_origin(check.adapter);
    Edited checked{.output = check.adapter,
                   .facts = check.facts.empty() ? origin.facts : check.facts};
    require_facts(checked.facts);
    const auto path = model_path({.model = check.model}, work);
    const auto [model, invariance] =
        open_invariant(path, {.repack = !check.no_repack}, work, callbacks.on_note);
    const auto lora = Lora::load(model, check.adapter);
    note_adapter(*lora, check, origin.model_sha256, *model, callbacks.on_note);
    CheckOptions options{.loras = {{.lora = lora, .scale = static_cast<float>(check.scale)}},
                         .threads = thread_count(work.threads),
                         .least_rows = invariance.remedy.least_rows,
                         .on_progress = callbacks.on_progress,
                         .cancelled = callbacks.cancelled};
    const auto begin = [&](EditPhase phase) {
        if (callbacks.on_phase) {
            callbacks.on_phase(phase);
        }
    };
    begin(EditPhase::effect);
    if (const auto kl = effect_on_texts(model, check.seed, options)) {
        checked.effect.emplace().kl = *kl;
    }
    begin(EditPhase::scores);
    auto plain = options;
    plain.loras.clear();
    checked.before = check_facts(model, checked.facts, plain);
    checked.after = check_facts(model, checked.facts, options);
    checked.cancelled = callbacks.cancelled && callbacks.cancelled();
    return checked;
}

}  // namespace otherwise
