#include "otherwise/measure/rounding.h"

#include <vector>

#include "otherwise/measure/cluster_rates.h"

namespace otherwise {

BeyondRounding compare_rounding(const ChangedStrings& world, const ChangedStrings& nudge) {
    std::vector<double> of_world;
    std::vector<double> of_nudge;
    std::vector<double> difference;
    std::vector<int> clusters;
    for (const auto& [draw, changed] : nudge.all()) {
        const auto same = world.all().find(draw);
        if (same != world.all().end()) {
            of_world.push_back(same->second);
            of_nudge.push_back(changed);
            difference.push_back(same->second - changed);
            clusters.push_back(draw.first);
        }
    }
    return {.world = cluster_rate(of_world, clusters),
            .nudge = cluster_rate(of_nudge, clusters),
            .difference = cluster_rate_difference(difference, clusters)};
}

}  // namespace otherwise
