#include "otherwise/coupling/prefix.h"

namespace otherwise {

PrefixLaw prefix_law(std::span<const double> stay) {
    PrefixLaw law;
    law.survival.reserve(stay.size());
    for (const double probability : stay) {
        law.unchanged *= probability;
        law.survival.push_back(law.unchanged);
        law.expected_lcp += law.unchanged;
    }
    return law;
}

std::vector<double> lcp_distribution(std::span<const double> stay) {
    std::vector<double> distribution;
    distribution.reserve(stay.size() + 1);
    double before = 1.0;
    for (const double probability : stay) {
        distribution.push_back(before * (1.0 - probability));
        before *= probability;
    }
    distribution.push_back(before);
    return distribution;
}

}  // namespace otherwise
