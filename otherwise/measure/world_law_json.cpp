#include "otherwise/measure/world_law_json.h"

#include <nlohmann/json.hpp>

#include "otherwise/measure/measured_json.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

/// What only scored positions give.
void add_scored(Json& json, const LawSummary& s) {
    json["agreement"] = s.agreement;
    if (s.exact_agreement) {
        json["exact_agreement"] = *s.exact_agreement;
    }
    json["same_draw"] = s.same_draw;
    json["kl"] = {{"mean", s.kl.mean}, {"median", s.kl.median}, {"p90", s.kl.p90},
                  {"p99", s.kl.p99},   {"p999", s.kl.p999},     {"max", s.kl.maximum}};
    json["same_top"] = s.same_top;
    json["rms_dp"] = s.rms_dp;
    json["perplexity"] = s.other_perplexity;
    json["factual_perplexity"] = s.perplexity;
}

}  // namespace

Json world_law_json(const WorldLaw& law) {
    const LawSummary& s = law.summary;
    Json json{{"world", law.world},
              {"null", law.role == WorldRole::null},
              {"nudge", law.role == WorldRole::nudge},
              {"strings", s.strings},
              {"positions", s.positions},
              {"lost_positions", s.lost},
              {"mean_length", s.length},
              {"unchanged", measured_json(s.unchanged)},
              {"expected_lcp", measured_json(s.expected_lcp)}};
    json["survival"] = Json::array();
    for (const auto& point : s.survival) {
        json["survival"].push_back(point.value);
    }
    if (s.positions > 0) {
        add_scored(json, s);
    }
    json["bounds"] = {s.bounds.low, s.bounds.high};
    json["token_bounds"] = {s.token_bounds.low, s.token_bounds.high};
    if (law.target) {
        json["target"] = measured_json(*law.target);
    }
    if (law.rounding) {
        json["rounding"] = rounding_json(*law.rounding);
    }
    json["rows"] = rows_json(law.rows);
    return json;
}

}  // namespace otherwise
