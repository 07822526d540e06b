// to_json of law.h.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "otherwise/api/json_text.h"
#include "otherwise/api/kernels_json.h"
#include "otherwise/api/law.h"
#include "otherwise/base/text.h"
#include "otherwise/measure/measured_json.h"
#include "otherwise/measure/world_law_json.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json dose_json(const DoseRow& row) {
    // As it was given: 0.1, not the nearest float in double precision.
    Json json{{"dose", nullptr}};
    if (row.dose) {
        json["dose"] = Json::parse(fmt::format("{:g}", *row.dose));
    } else {
        json["world"] = "nudge";
    }
    json["unchanged"] = measured_json(row.summary.unchanged);
    json["expected_lcp"] = measured_json(row.summary.expected_lcp);
    json["kl_mean"] = row.summary.kl.mean;
    if (row.target) {
        json["target"] = measured_json(*row.target);
    }
    return json;
}

Json threshold_json(const StringThreshold& one) {
    Json json{{"string", one.string},
              {"sample", one.sample},
              {"threshold", nullptr},
              {"at_low", one.at_low}};
    if (one.strength) {
        json["threshold"] = *one.strength;
        json["position"] = one.position;
        json["factual"] = to_utf8(one.factual);
        json["counterfactual"] = to_utf8(one.counterfactual);
    }
    return json;
}

Json outcome_json(const Outcome& outcome, const TokenTable& table) {
    return {{"token", outcome.token},
            {"text", to_utf8(table.pieces.at(outcome.token))},
            {"probability", outcome.probability},
            {"p", outcome.p},
            {"q", outcome.q}};
}

}  // namespace

std::string to_json(const LawTable& table) {
    const LawOutcome& report = table.report;
    Json json{{"model", table.model},
              {"strings", report.strings},
              {"tokens", report.tokens},
              {"seconds", report.seconds},
              {"seconds_in_llama", report.backend.all},
              {"seconds_in_hooks", report.backend.hooks},
              {"skipped", report.skipped}};
    json.update(kernels_json());
    if (table.factual_target) {
        json["factual_target"] = measured_json(*table.factual_target);
    }
    json["worlds"] = Json::array();
    for (const auto& world : table.worlds) {
        json["worlds"].push_back(world_law_json(world));
    }
    return json_text(json);
}

std::string to_json(const SweepTable& table) {
    auto json = Json::array();
    for (const auto& row : table.rows) {
        json.push_back(dose_json(row));
    }
    return json_text(json);
}

std::string to_json(const ThresholdTable& table) {
    auto json = Json::array();
    for (const auto& one : table.strings) {
        json.push_back(threshold_json(one));
    }
    return json_text(json);
}

std::string to_jsonl(const ThresholdTable& table) {
    std::string lines;
    for (const auto& one : table.strings) {
        lines += json_text(threshold_json(one), -1) + "\n";
    }
    return lines;
}

std::string to_json(const TokenTable& table) {
    auto json = Json::array();
    for (const auto& [world, law] : table.worlds) {
        Json one{{"world", world}, {"observed", outcome_json(law.observed, table)}};
        one["outcomes"] = Json::array();
        for (const auto& outcome : law.outcomes) {
            one["outcomes"].push_back(outcome_json(outcome, table));
        }
        one["rest"] = law.rest;
        one["stay_bounds"] = {law.bounds.low, law.bounds.high};
        json.push_back(std::move(one));
    }
    return json_text(json);
}

}  // namespace otherwise
