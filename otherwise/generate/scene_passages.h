// A scene's worlds and strings, as lockstep reads them.
#pragma once

#include <memory>
#include <vector>

#include "otherwise/generate/lockstep.h"
#include "otherwise/generate/passage.h"
#include "otherwise/generate/run.h"

namespace otherwise {

/// All worlds of a scene, the factual one first; floors read apart.
[[nodiscard]] std::vector<LockstepWorld> lockstep_worlds(const Scene& scene);

/// A subject's prompts in these worlds, followed by `written`; skipped by the worlds that do not
/// run on it.
[[nodiscard]] Passage passage_of(const Scene& scene, int subject,
                                 std::shared_ptr<const Tokens> written);

}  // namespace otherwise
