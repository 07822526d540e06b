#include "otherwise/measure/law_jsonl.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json real(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json list(std::span<const double> values) {
    Json array = Json::array();
    for (const double value : values) {
        array.push_back(real(value));
    }
    return array;
}

/// One entry a token from one a scored position; null for the others.
template <typename Value>
Json spread(const StringLaw& law, const Value& value) {
    std::vector<double> all(law.stay.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < law.scored.size(); ++i) {
        all[static_cast<std::size_t>(law.scored[i])] = value(i);
    }
    return list(all);
}

Json bounds(const Bounds& bounds) { return Json::array({bounds.low, bounds.high}); }

}  // namespace

std::string to_jsonl(const StringLaw& law, const LawContext& context) {
    Json line;
    line["string"] = to_utf8(context.id);
    line["sample"] = law.sample;
    line["world"] = context.world;
    line["tokens"] = law.written->tokens;
    line["pieces"] = Json::array();
    for (const Token token : law.written->tokens) {
        line["pieces"].push_back(to_utf8(context.piece(token)));
    }
    line["stay"] = list(law.stay);
    line["survival"] = list(law.prefix.survival);
    line["expected_lcp"] = law.prefix.expected_lcp;
    line["unchanged"] = law.prefix.unchanged;
    line["kl"] = spread(law, [&](std::size_t i) { return law.at[i].kl; });
    line["p"] = spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_p); });
    line["q"] = spread(law, [&](std::size_t i) { return std::exp(law.at[i].log_q); });
    line["same_draw"] = spread(law, [&](std::size_t i) { return law.at[i].same_draw; });
    if (!law.agreement.empty()) {
        line["agreement"] = spread(law, [&](std::size_t i) { return law.agreement[i]; });
    }
    line["bounds"] = bounds(law.bounds);
    line["token_bounds"] = bounds(law.token_bounds);
    line["observed"] = law.observed;
    return line.dump();
}

}  // namespace otherwise
