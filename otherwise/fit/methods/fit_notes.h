// What a fitted file says of itself: `otherwise.fit.*`, docs/files.md. Internal to the room.
#pragma once

#include <vector>

#include "otherwise/fit/methods/learn.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {

/// Adds the finding `not_told_apart` where held-out texts do not tell the sets apart by any of the
/// measured accuracies before the file acts: of m of them (one a layer) each interval is one of
/// 1 − 0.05 / m (Bonferroni), so that the best of many layers is not news by itself. Equal sets are
/// taken for different ones in at most 5 % of fits.
void note_sets_alike(FitResult& result);

/// Adds the finding `no_spread` where layers that the file has tell the sets apart without any
/// spread in them, so that their separation is infinite.
void note_no_spread(const Gathered& gathered, FitResult& result);

/// Adds the notes to `result.file`: method, site, layers, the texts, the model and the findings.
void write_notes(const Model& model, const std::vector<TextSet>& sets, const FitRequest& request,
                 const FitPlan& plan, FitResult& result);

}  // namespace otherwise
