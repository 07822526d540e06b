#include "otherwise/api/live_remedy.h"

#include <algorithm>

#include "otherwise/world/kinds.h"

namespace otherwise {

World at_one(World world) {
    for (auto& item : world.interventions) {
        const Kind& kind = kind_of(item);
        if (kind.dose == Dose::scale) {
            *kind.number(item) = 1.0F;
        }
    }
    return world;
}

bool has_network(const std::vector<WorldPlan>& networks, const WorldPlan& plan) {
    return std::ranges::any_of(
        networks, [&](const WorldPlan& network) { return same_network(network, plan); });
}

bool FoundRemedy::fits(const std::vector<WorldPlan>& others) const {
    const auto all_in = [](const auto& some, const auto& all) {
        return std::ranges::all_of(some, [&](const auto& plan) { return has_network(all, plan); });
    };
    return all_in(others, networks) && all_in(networks, others);
}

bool FoundRemedy::same_bits(const FoundRemedy& other) const {
    return repack == other.repack && least_rows == other.least_rows && fixed == other.fixed &&
           tiled == other.tiled;
}

}  // namespace otherwise
