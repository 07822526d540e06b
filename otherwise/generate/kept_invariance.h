// A model under its remedy, by a probe of it that may have been kept (probe_store.h).
#pragma once

#include <filesystem>

#include "otherwise/model/invariance.h"

namespace otherwise {

/// load_invariant with what probes of the same file found before on this machine by this build. New
/// ones are kept in `folder`; where it is empty or cannot be written, nothing is.
[[nodiscard]] InvariantModel load_invariant_kept(const std::filesystem::path& path,
                                                 const ModelOptions& options, int threads,
                                                 const std::filesystem::path& folder,
                                                 OneShape one_shape = OneShape::possible);

}  // namespace otherwise
