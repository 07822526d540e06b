// The remedy for batch invariance (model/invariance.h) that a live study keeps, and for which
// networks.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "otherwise/model/fixed_calls.h"
#include "otherwise/world/intervention.h"

namespace otherwise {

/// The world with every strength at 1: the same nodes and kernels. An adapter of strength 0 stays
/// so: llama.cpp leaves it out of its graph.
[[nodiscard]] World at_one(World world);

struct FoundRemedy {
    std::set<std::string> networks{};  ///< that it was found for (network_key)
    bool repack = true;
    int least_rows = kUsualLeastRows;
    FixedCalls fixed{};
    std::optional<bool> tiled{};  ///< nothing as long as no block was long enough to tell
};

/// What the bits of strings depend on, in words: the same for remedies under which they are equal.
[[nodiscard]] std::string bits_of(const FoundRemedy& remedy);

}  // namespace otherwise
