// An edit under way: what OpenedEdit (edit.h) holds. Internal to the room.
#pragma once

#include <cstddef>
#include <filesystem>

#include "otherwise/api/edit.h"
#include "otherwise/fit/edit/knowledge_edit.h"

namespace otherwise {

class Editing {
public:
    Editing(EditScene scene, EditStudy study, Work work, EditSettings settings);

    [[nodiscard]] const EditStudy& study() const { return study_; }
    [[nodiscard]] const EditSettings& settings() const { return settings_; }
    [[nodiscard]] const EditMemory& memory() const { return memory_; }
    [[nodiscard]] const EditScene& scene() const { return scene_; }

    // As those of OpenedEdit.
    void require_memory() const;
    void require_subjects() const;
    [[nodiscard]] Edited run(const EditCallbacks& callbacks, const std::filesystem::path& output,
                             bool scores);

private:
    void keep_cache(const EditCallbacks& callbacks);
    [[nodiscard]] KnowledgeEdit seek(const EditCallbacks& callbacks, Edited& edited);
    [[nodiscard]] KnowledgeEdit make(const EditCallbacks& callbacks, Edited& edited);
    void evaluate(const KnowledgeEdit& edit, const EditCallbacks& callbacks,
                  const std::filesystem::path& output, bool scores, Edited& edited);

    EditScene scene_;
    EditStudy study_;
    Work work_;
    EditSettings settings_;
    std::size_t budget_;
    EditMemory memory_;
};

}  // namespace otherwise
