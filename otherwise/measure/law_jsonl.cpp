#include "otherwise/measure/law_jsonl.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "otherwise/base/text.h"
#include "otherwise/measure/law_columns.h"

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

Json bounds(const Bounds& bounds) { return Json::array({bounds.low, bounds.high}); }

}  // namespace

std::string to_jsonl(const StringLaw& law, const LawContext& context) {
    Json line = Json::object();  // not null, which is broken where memory fails as it becomes one
    line["string"] = to_utf8(context.id);
    line["sample"] = law.sample;
    line["world"] = to_utf8(context.world);
    line["tokens"] = law.written->tokens;
    line["pieces"] = Json::array();
    for (const Token token : law.written->tokens) {
        line["pieces"].push_back(to_utf8(context.piece(token)));
    }
    line["stay"] = list(law.stay);
    line["survival"] = list(law.prefix.survival);
    line["expected_lcp"] = law.prefix.expected_lcp;
    line["unchanged"] = law.prefix.unchanged;
    for (const auto& column : law_columns()) {
        line[std::string(column.name)] = list(values_of(law, column));
    }
    if (!law.agreement.empty()) {
        line["agreement"] = list(spread(law, law.agreement));
    }
    line["bounds"] = bounds(law.bounds);
    line["token_bounds"] = bounds(law.token_bounds);
    line["observed"] = law.observed;
    return line.dump();
}

}  // namespace otherwise
