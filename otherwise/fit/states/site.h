// The places of a block where states are read and changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "otherwise/model/model.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

/// A kind of node and the layers that have it.
struct FitSite {
    std::string name;         ///< "residual", "mlp", "attention", "attention-norm", "mlp-norm"
    std::string node;         ///< "l_out", "ffn_out", "attn_out", "attn_norm", "ffn_norm"
    std::vector<int> layers;  ///< ascending, those asked for
    int width = 0;
};

/// The words for sites, without "heads".
[[nodiscard]] std::vector<std::string> site_names();

/// The node of a site's word, "heads" included; "" for others.
[[nodiscard]] std::string_view node_of_site(std::string_view name);

/// The layers of the model in range that have this site. Throws Error: an unknown word, a site that
/// the architecture has no node for (lists those it has), a range outside the model.
[[nodiscard]] FitSite find_fit_site(const Model& model, const std::string& name,
                                    const LayerRange& range);

}  // namespace otherwise
