// The changes of states that a world makes, steer, ablate, affine, heads, nudge and patch: their
// files read and checked against the model, and made into hooks, one a node.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/model/affine_file.h"
#include "otherwise/model/inspect.h"
#include "otherwise/model/model.h"
#include "otherwise/model/tap.h"
#include "otherwise/world/plan.h"
#include "otherwise/world/state_map.h"

namespace otherwise {

/// The node where control vectors act: the residual after a block.
inline constexpr const char* kResidual = "l_out";
/// That of block `layer`, "l_out-12".
[[nodiscard]] std::string residual_node(int layer);

/// The rows that an edit acts on.
[[nodiscard]] Scope scope_of(const StateEdit& edit);

/// The file of an edit, whatever its form, as affine maps; of a control vector or of heads, shifts.
struct EditFile {
    AffineFile maps{};
    int n_head = 0;            ///< heads only
    bool vector = false;       ///< a control vector: may hold layers that the model has not
    std::string model_hint{};  ///< of a control vector: the model that it says it was made for
};

/// Of an edit but a patch, of a model with residuals of this width and so many layers. Throws Error
/// as load_control_vector, load_affine and load_heads do; for steer and ablate also where an affine
/// file is more than a shift.
[[nodiscard]] EditFile load_edit_file(const StateEdit& edit, int width, int n_layer);

/// A nudge in the form of a file: diagonal maps, 1 ± 1 for the edit's scale to make small.
[[nodiscard]] EditFile nudge_maps(const Nudge& nudge, int width, int n_layer);

/// Throws Error when the file says that it was fitted on another model.
void check_fitted_on(const AffineFile& file, const Model& model);

/// One step at one node.
struct NodeStep {
    std::string node;  ///< "l_out-12"
    StateStep step;
};

/// The steps of an edit, one for each layer of the file that lies in range; `site` is where the
/// model has the file's node. Throws Error when the width is not the site's, when the range lies
/// outside the model, when no layer is in range, or when one is where the model has no such node.
[[nodiscard]] std::vector<NodeStep> node_steps(const StateEdit& edit, const EditFile& file,
                                               const Site& site, int n_layer);

/// The layers of a site that lie in range. Throws Error where the range lies outside a model of
/// `n_layer` layers, or none of its layers has the site.
[[nodiscard]] std::vector<int> layers_in(const LayerRange& range, const Site& site, int n_layer);

/// The steps of a patch, one for each of the layers of its states.
[[nodiscard]] std::vector<NodeStep> patch_steps(const Patch& patch,
                                                const std::shared_ptr<PatchStates>& states);

/// The same steps where patches take states instead of putting them in.
[[nodiscard]] std::vector<NodeStep> capturing(std::vector<NodeStep> steps);

/// One hook a node, with its steps in their order.
[[nodiscard]] std::vector<Hook> hooks_of(const std::vector<NodeStep>& steps, int threads);

}  // namespace otherwise
