// --dry-run: what would act, the memory and the time.
#pragma once

#include <vector>

#include "otherwise/generate/session.h"

namespace otherwise::cli {

/// Prints the plan of a session to standard output, and how long its rows will take by a short
/// measurement with the factual model.
void print_dry_run(Session& session, const std::vector<World>& worlds);

}  // namespace otherwise::cli
