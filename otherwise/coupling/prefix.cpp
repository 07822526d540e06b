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

}  // namespace otherwise
