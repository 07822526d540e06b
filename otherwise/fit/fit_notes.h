// What a fitted file says of itself: `otherwise.fit.*`, docs/files.md. Internal to the room.
#pragma once

#include <vector>

#include "otherwise/fit/learn.h"

namespace otherwise {

/// Adds the notes to `result.file`: method, site, layers, the texts, the model and the findings.
void write_notes(const Model& model, const std::vector<TextSet>& sets, const FitRequest& request,
                 const FitPlan& plan, FitResult& result);

}  // namespace otherwise
