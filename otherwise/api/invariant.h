// A model whose states are read: under the remedy that makes them the same in every shape of a
// call.
#pragma once

#include <filesystem>

#include "otherwise/api/note.h"
#include "otherwise/api/work.h"
#include "otherwise/model/invariance.h"

namespace otherwise {

/// Loads it, which takes a probe of about 600 rows the first time (generate/kept_invariance.h). Of
/// `work` the threads, the kernels and the cache folder count. `note` is told where no remedy
/// helps. Throws Error like load_invariant.
[[nodiscard]] InvariantModel open_invariant(const std::filesystem::path& path,
                                            const ModelOptions& options, const Work& work,
                                            const Note& note);

}  // namespace otherwise
