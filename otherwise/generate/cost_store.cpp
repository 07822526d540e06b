#include "otherwise/generate/cost_store.h"

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/model/atomic_file.h"

namespace otherwise {
namespace {

constexpr std::size_t kNameLength = 16;
constexpr double kDearest = 1e6;  // a time that no call can take beside T(32)

std::string text_of(const nlohmann::json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The costs in a file; none where anything in it makes no sense.
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
    return CallCosts(relative);
}

}  // namespace

CostStore::CostStore(const std::filesystem::path& folder, CostKey key)
    : file_(folder / (sha256_text(key.settings).substr(0, kNameLength) + ".json")),
      key_(std::move(key)) {}

KeptCosts CostStore::read() const {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file_, ignored)) {
        return {};
    }
    std::ifstream file(file_, std::ios::binary);
    const auto json = nlohmann::json::parse(file, nullptr, false);
    if (!json.is_object() || text_of(json, "settings") != key_.settings) {
        return {};
    }
    if (const auto build = text_of(json, "build"); build != key_.build) {
        return {.costs = {}, .other_build = build.empty() ? "an unnamed build" : build};
    }
    return {.costs = costs_of(json), .other_build = ""};
}

bool CostStore::write(const CallCosts& costs) const {
    nlohmann::ordered_json json{{"build", key_.build},
                                {"settings", key_.settings},
                                {"calls", nlohmann::ordered_json::array()}};
    for (const auto& [rows, time] : costs.points()) {
        json["calls"].push_back({{"rows", rows}, {"time", time}});
    }
    std::error_code error;
    std::filesystem::create_directories(file_.parent_path(), error);
    try {
        AtomicFile whole(file_);
        std::ofstream out(whole.path(), std::ios::binary);
        out << json.dump(2) << '\n';
        out.close();
        if (!out) {
            return false;
        }
        whole.commit();
    } catch (const Error&) {
        return false;
    }
    return true;
}

}  // namespace otherwise
