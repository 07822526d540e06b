#include "otherwise/measure/rounding_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "otherwise/measure/measured_json.h"

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

nlohmann::ordered_json rounding_json(const RoundingRow& row) {
    return {{"nudge", row.nudge},
            {"changed", measured_json(row.beyond.world)},
            {"nudge_changed", measured_json(row.beyond.nudge)},
            {"beyond", measured_json(row.beyond.difference)},
            {"near_floor", row.beyond.near_floor()}};
}

}  // namespace otherwise
