// The remedy for batch invariance (model/invariance.h) that a live study keeps, and for which
// networks.
#pragma once

#include <optional>
#include <vector>

#include "otherwise/model/fixed_calls.h"
#include "otherwise/world/intervention.h"
#include "otherwise/world/plan.h"

namespace otherwise {

/// The world with every strength at 1: the same nodes and kernels.
[[nodiscard]] World at_one(World world);

/// Whether one of these has the plan's network.
[[nodiscard]] bool has_network(const std::vector<WorldPlan>& networks, const WorldPlan& plan);

struct FoundRemedy {
    std::vector<WorldPlan> networks;  ///< that it was found for
    bool repack = true;
    int least_rows = kUsualLeastRows;
    FixedCalls fixed{};
    std::optional<bool> tiled{};  ///< nothing as long as no block was long enough to tell

    /// Whether these are the same networks, in any order and number.
    [[nodiscard]] bool fits(const std::vector<WorldPlan>& others) const;
    /// Whether strings under both have the same bits.
    [[nodiscard]] bool same_bits(const FoundRemedy& other) const;
};

}  // namespace otherwise
