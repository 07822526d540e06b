// From what an edit asks for to its settings. Internal to the room.
#pragma once

#include "otherwise/api/edit.h"
#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise {

/// Throws misuse where there is none.
void require_facts(const std::vector<Fact>& facts);

/// A preset's or the usual settings, with what was given.
[[nodiscard]] EditSettings edit_settings(const EditStudy& study, const Work& work,
                                         const Architecture& architecture);

/// Takes repeated facts out; notes these, questions, and a preset for another model.
void note_facts(EditStudy& study, const Architecture& architecture, const Note& note);

/// ROME's own choice of a layer is one in which the subject has a state of its own; notes where
/// that is another than the usual one.
void suit_layer(const EditScene& scene, const EditStudy& study, EditSettings& settings,
                const Note& note);

}  // namespace otherwise
