#include "otherwise/generate/cost_store.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace otherwise {
namespace {

constexpr double kDearest = 1e6;  // a time that no call can take beside T(32)

/// The costs in a file; none where anything in it makes no sense, as where a busy machine was
/// measured.
CallCosts costs_of(const nlohmann::json& json) {
    const auto list = json.find("calls");
    if (list == json.end() || !list->is_array()) {
        return {};
    }
    std::map<int, double> relative;
    for (const auto& call : *list) {
        const bool sound = call.is_object() && call.contains("rows") && call.contains("time") &&
                           call["rows"].is_number_integer() && call["time"].is_number();
        const auto rows = sound ? call["rows"].get<long>() : 0;
        const double time = sound ? call["time"].get<double>() : 0.0;
        if (rows < 1 || rows > kMostCostRows || !(time > 0.0) || time > kDearest) {
            return {};
        }
        relative[static_cast<int>(rows)] = time;
    }
    CallCosts costs(relative);
    return costs.plausible() ? costs : CallCosts();
}

}  // namespace

CostStore::CostStore(const std::filesystem::path& folder, KeptKey key)
    : file_(folder, std::move(key)) {}

KeptCosts CostStore::read() const {
    KeptCosts kept;
    const auto json = file_.read(kept.other_build);
    if (json.is_object()) {
        kept.costs = costs_of(json);
    }
    return kept;
}

bool CostStore::write(const CallCosts& costs) const {
    nlohmann::ordered_json json{{"calls", nlohmann::ordered_json::array()}};
    for (const auto& [rows, time] : costs.points()) {
        json["calls"].push_back({{"rows", rows}, {"time", time}});
    }
    return file_.write(json);
}

}  // namespace otherwise
