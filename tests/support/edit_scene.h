// A model open for editing, under its remedy on this machine.
#pragma once

#include <filesystem>

#include "otherwise/fit/edit/knowledge_edit.h"
#include "otherwise/model/model.h"

namespace otherwise::test {

inline EditScene scene_for_edit(const std::filesystem::path& path, int threads = 2) {
    return open_for_edit(path, [&] { return load_invariant(path, {}, threads); });
}

}  // namespace otherwise::test
