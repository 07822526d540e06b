#include "otherwise/measure/rounding_rows.h"

#include <algorithm>

namespace otherwise {

std::vector<RoundingRow> rounding_rows(const std::vector<std::string>& names,
                                       const std::vector<ChangedStrings>& changed,
                                       const NudgeOf& nudge_of) {
    std::vector<RoundingRow> rows;
    for (std::size_t w = 0; w < names.size(); ++w) {
        const auto nudge = nudge_of(w);
        if (!nudge) {
            continue;
        }
        const auto beyond = compare_rounding(changed[w], changed[*nudge]);
        if (beyond.difference.n > 0) {
            rows.push_back({.world = names[w], .nudge = names[*nudge], .beyond = beyond});
        }
    }
    return rows;
}

const RoundingRow* find_rounding(const std::vector<RoundingRow>& rows, std::string_view world) {
    const auto found = std::ranges::find(rows, world, &RoundingRow::world);
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace otherwise
