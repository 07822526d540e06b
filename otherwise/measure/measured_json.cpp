#include "otherwise/measure/measured_json.h"

#include <nlohmann/json.hpp>

namespace otherwise {

nlohmann::ordered_json measured_json(const Measured& measured) {
    nlohmann::ordered_json json{{"value", measured.value}, {"low", nullptr}, {"high", nullptr}};
    if (measured.interval.known()) {
        json["low"] = measured.interval.low;
        json["high"] = measured.interval.high;
    }
    json["n"] = measured.n;
    json["strings"] = measured.clusters;
    return json;
}

nlohmann::ordered_json rows_json(const WriterCounts& counts) {
    return {{"evaluated", counts.rows}, {"needed", counts.needed}, {"from_factual", counts.shared}};
}

nlohmann::ordered_json rounding_json(const RoundingRow& row) {
    return {{"nudge", row.nudge},
            {"changed", measured_json(row.beyond.world)},
            {"nudge_changed", measured_json(row.beyond.nudge)},
            {"beyond", measured_json(row.beyond.difference)},
            {"near_floor", row.beyond.near_floor()}};
}

}  // namespace otherwise
