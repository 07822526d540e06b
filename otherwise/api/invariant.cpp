#include "otherwise/api/invariant.h"

#include <string>

#include "otherwise/api/compose.h"
#include "otherwise/base/processors.h"
#include "otherwise/generate/kept_invariance.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/model.h"

namespace otherwise {

InvariantModel open_invariant(const std::filesystem::path& path, const ModelOptions& options,
                              const Work& work, const Note& note) {
    start_backend({.cpu_variant = work.cpu_variant});
    // States are read in calls of their own shapes (fit/states/text_calls.h).
    auto loaded = load_invariant_kept(path, options, thread_count(work.threads),
                                      probes_folder(work), OneShape::not_used);
    const auto line =
        invariance_warning("the model", loaded.invariance.probe, "small differences may be noise");
    if (note && !line.empty()) {
        note(line);
    }
    return loaded;
}

}  // namespace otherwise
