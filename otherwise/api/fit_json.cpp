// to_json of fit.h.
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "otherwise/api/fit.h"
#include "otherwise/api/json_text.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json accuracy_json(const Accuracy& accuracy) {
    return accuracy.n() == 0 ? Json(nullptr)
                             : Json{{"value", accuracy.rate()},
                                    {"low", accuracy.low()},
                                    {"high", accuracy.high()},
                                    {"n", accuracy.n()}};
}

Json layer_json(const LayerScore& score) {
    return {{"layer", score.layer},
            {"accuracy", accuracy_json(score.accuracy)},
            {"separation", std::isinf(score.separation) ? Json(nullptr) : Json(score.separation)},
            {"distance", score.distance},
            {"chosen", score.chosen}};
}

Json head_json(const ChosenHead& head, bool chosen) {
    return {{"layer", head.layer},
            {"head", head.head},
            {"choosing", accuracy_json(head.choosing)},
            {"accuracy", accuracy_json(head.accuracy)},
            {"shift", head.length},
            {"chosen", chosen}};
}

}  // namespace

std::string to_json(const FitResult& result, const std::string& file) {
    Json json{{"file", file}, {"layers", Json::array()}, {"heads", Json::array()}};
    Json notes = Json::object();
    for (const auto& [key, value] : notes_of(result.file)) {
        std::visit([&, name = &key](const auto& plain) { notes[*name] = plain; }, value);
    }
    put_some(json, "notes", std::move(notes));
    for (const auto& score : result.layers) {
        json["layers"].push_back(layer_json(score));
    }
    for (std::size_t i = 0; i < result.heads.size(); ++i) {
        json["heads"].push_back(head_json(result.heads[i], static_cast<int>(i) < result.n_heads));
    }
    Json findings = Json::array();
    for (const auto& finding : result.findings) {
        findings.push_back({{"key", finding.key},
                            {"text", finding.text},
                            {"value", finding.value},
                            {"accuracy", accuracy_json(finding.accuracy)}});
    }
    put_some(json, "findings", std::move(findings));
    return json_text(json);
}

}  // namespace otherwise
