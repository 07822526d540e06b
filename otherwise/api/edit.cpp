#include "otherwise/api/edit.h"

#include <algorithm>
#include <utility>

#include "otherwise/api/compose.h"
#include "otherwise/api/edit_settings.h"
#include "otherwise/api/editing.h"
#include "otherwise/api/invariant.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/model.h"

namespace otherwise {

OpenedEdit::OpenedEdit(std::unique_ptr<Editing> editing) : editing_(std::move(editing)) {}
OpenedEdit::~OpenedEdit() = default;
OpenedEdit::OpenedEdit(OpenedEdit&&) noexcept = default;
OpenedEdit& OpenedEdit::operator=(OpenedEdit&&) noexcept = default;

const std::vector<Fact>& OpenedEdit::facts() const { return editing_->study().facts; }
const EditSettings& OpenedEdit::settings() const { return editing_->settings(); }
bool OpenedEdit::seeks_layers() const { return editing_->study().layers.best; }
const EditMemory& OpenedEdit::memory() const { return editing_->memory(); }
int OpenedEdit::n_layer() const { return editing_->scene().architecture.n_layer; }
std::uint64_t OpenedEdit::size_bytes() const { return editing_->scene().model->size_bytes(); }
void OpenedEdit::require_memory() const { editing_->require_memory(); }
void OpenedEdit::require_subjects() const { editing_->require_subjects(); }
Edited OpenedEdit::run(const EditCallbacks& callbacks, const std::filesystem::path& output,
                       bool scores) {
    return editing_->run(callbacks, output, scores);
}

OpenedEdit open(const EditStudy& study, const Work& work, const Note& note) {
    EditStudy own = study;
    require_facts(own.facts);
    const auto path = model_path({.model = own.model}, work);
    auto scene = open_for_edit(
        path, [&] { return open_invariant(path, {.repack = !own.no_repack}, work, note); });
    auto settings = edit_settings(own, work, scene.architecture);
    const Note say = note ? note : [](const std::string&) {};
    note_facts(own, scene.architecture, say);
    check_edit(scene, own.facts, settings);
    suit_layer(scene, own, settings, say);
    return OpenedEdit(
        std::make_unique<Editing>(std::move(scene), std::move(own), work, std::move(settings)));
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
