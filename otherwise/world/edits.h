// Edits of the residual from control vector files, as hooks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "otherwise/model/adapter.h"
#include "otherwise/model/tap.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// The node where steer and ablate act: the residual after block `layer`.
[[nodiscard]] std::string residual_node(int layer);

/// x + s·v on the rows in scope; v: [width]. Cost: one pass over the rows.
[[nodiscard]] SiteEdit steer_edit(std::vector<float> direction, float scale, Scope scope);

/// x − s (x·v̂) v̂ on the rows in scope, v̂ = v / ‖v‖; two passes. A zero direction does nothing.
[[nodiscard]] SiteEdit ablate_edit(std::vector<float> direction, float scale, Scope scope);

/// The hooks of one edit: one for each layer of the file that lies in range. Throws Error when the
/// width is not the model's, when the range lies outside the model, or when no layer is in range.
[[nodiscard]] std::vector<Hook> residual_sites(const StateEdit& edit, const ControlVector& vector,
                                               int n_layer, int width);

}  // namespace otherwise
