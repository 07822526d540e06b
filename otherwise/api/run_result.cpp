#include "otherwise/api/run_result.h"

#include <nlohmann/json.hpp>

#include "otherwise/api/json_text.h"
#include "otherwise/base/setting.h"
#include "otherwise/measure/measured_json.h"
#include "otherwise/measure/world_measures_json.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json world_json(const WorldTotals& totals) {
    const Summary& s = totals.summary;
    Json json{{"world", totals.name()},
              {"strings", s.strings},
              {"unchanged", s.unchanged},
              {"lcp_median", s.lcp_median},
              {"lcp_mean", s.lcp_mean},
              {"lcp_mean_share", s.lcp_mean_share},
              {"changed_tokens", s.changed_tokens},
              {"positions", s.positions},
              {"fragile", s.fragile},
              {"factual_ended", s.factual_ended},
              {"counterfactual_ended", s.counterfactual_ended}};
    if (s.mean_divergence) {
        json["mean_divergence"] = *s.mean_divergence;
    }
    if (totals.rounding) {
        json["rounding"] = rounding_json(*totals.rounding);
    }
    return json;
}

}  // namespace

void RunResult::require_sound() const {
    if (fault) {
        throw Error(fault->fault, fault->complaint);
    }
}

std::vector<std::string> floor_warnings(const RunResult& result) {
    std::vector<std::string> warnings;
    for (const auto& totals : result.worlds) {
        const auto changed = totals.summary.strings - totals.summary.unchanged;
        if (totals.role != WorldRole::null || changed == 0) {
            continue;
        }
        std::string reason =
            result.fast ? setting("fast") + " lets llama.cpp evaluate rows in shapes that differ"
                        : "calls of some shape differ, though the probe saw none that does";
        for (const auto& [world, probe] : result.probes) {
            if (!probe.invariant) {
                reason = "this model is not batch invariant here (" + probe.shape + ")";
            }
        }
        warnings.push_back("the null world diverged in " + std::to_string(changed) + " of " +
                           std::to_string(totals.summary.strings) + " strings: " + reason +
                           "; effects below that floor mean nothing");
    }
    return warnings;
}

std::string to_json(const RunResult& result) {
    Json json{{"model", result.model}, {"strings", result.strings}};
    const auto effort = result.effort.value_or(RunEffort{});
    json["pairs"] = effort.pairs;
    json["seconds"] = effort.seconds;
    if (result.effort) {
        json["seconds_in_llama"] = effort.backend.all;
        json["seconds_in_hooks"] = effort.backend.hooks;
        json["factual_rows"] = effort.factual.rows;
    }
    json["skipped"] = result.skipped;
    if (result.effort) {
        json["repacked"] = effort.repacked;
        json["cpu_variant"] = effort.cpu_variant;
        json["cpu_features"] = effort.cpu_features;
    }
    json["worlds"] = Json::array();
    std::size_t world = 0;
    for (const auto& totals : result.worlds) {
        Json entry = world_json(totals);
        if (!totals.independent && world < effort.worlds.size()) {
            entry["rows"] = rows_json(effort.worlds[world++]);
        }
        if (totals.measures) {
            entry.update(measures_json({.world = totals.world, .summary = *totals.measures}));
        }
        json["worlds"].push_back(std::move(entry));
    }
    json["batch_invariant"] = Json::object();
    for (const auto& [name, probe] : result.probes) {
        json["batch_invariant"][name] = probe.invariant;
    }
    return json_text(json);
}

}  // namespace otherwise
