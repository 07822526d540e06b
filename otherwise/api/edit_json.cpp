// to_json of edit.h.
#include <nlohmann/json.hpp>
#include <utility>

#include "otherwise/api/edit.h"
#include "otherwise/api/json_text.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

using Json = nlohmann::ordered_json;

Json mean_json(const MeanOf& mean) {
    const auto value = mean.mean();
    return value ? Json(*value) : Json(nullptr);
}

Json scores_of(const EditScores& s) {
    return {{"new_on_prompt", mean_json(s.new_on_prompt)},
            {"true_on_prompt", mean_json(s.true_on_prompt)},
            {"new_on_paraphrases", mean_json(s.new_on_paraphrases)},
            {"true_on_paraphrases", mean_json(s.true_on_paraphrases)},
            {"new_on_neighbors", mean_json(s.new_on_neighbors)},
            {"own_on_neighbors", mean_json(s.own_on_neighbors)},
            {"efficacy", mean_json(s.efficacy)},
            {"paraphrase", mean_json(s.paraphrase)},
            {"neighborhood", mean_json(s.neighborhood)}};
}

Json prompts_json(const std::vector<PromptScore>& before, const std::vector<PromptScore>& after) {
    Json list = Json::array();
    for (std::size_t i = 0; i < after.size(); ++i) {
        list.push_back({{"prompt", to_utf8(after[i].prompt)},
                        {"answer", to_utf8(after[i].answer)},
                        {"new", {before[i].new_answer, after[i].new_answer}},
                        {"own", {before[i].own_answer, after[i].own_answer}}});
    }
    return list;
}

Json fact_json(const Fact& fact, const FactScores& before, const FactScores& after) {
    return {{"id", to_utf8(fact.id)},
            {"subject", to_utf8(fact.subject)},
            {"target_new", to_utf8(fact.target_new)},
            {"before", scores_of(before.scores)},
            {"after", scores_of(after.scores)},
            {"paraphrases", prompts_json(before.paraphrases, after.paraphrases)},
            {"neighbors", prompts_json(before.neighbors, after.neighbors)}};
}

Json effect_json(const EditEffect& effect, const std::vector<Fact>& facts) {
    Json json{{"kl", effect.kl}};
    Json changes = Json::array();
    for (const auto& norm : effect.norms) {
        changes.push_back(
            {{"layer", norm.layer}, {"norm", norm.change}, {"weight_norm", norm.weight}});
    }
    put_some(json, "changes", std::move(changes));
    Json answers = Json::array();
    for (std::size_t i = 0; i < effect.facts.size(); ++i) {
        const auto& fact = effect.facts[i];
        answers.push_back({{"id", to_utf8(facts[i].id)},
                           {"sought", fact.sought},
                           {"on_prompt", fact.bare},
                           {"behind_prefixes_too", fact.all}});
    }
    put_some(json, "new_answer", std::move(answers));
    return json;
}

}  // namespace

std::string to_json(const Edited& edited) {
    Json json{{"output", edited.output.empty() ? Json(nullptr) : Json(to_utf8(edited.output))},
              {"layers", edited.layers},
              {"facts", Json::array()}};
    for (std::size_t i = 0; i < edited.facts.size() && i < edited.after.size(); ++i) {
        json["facts"].push_back(fact_json(edited.facts[i], edited.before[i], edited.after[i]));
    }
    if (!edited.after.empty()) {
        json["before"] = scores_of(total_scores(edited.before));
        json["after"] = scores_of(total_scores(edited.after));
    }
    Json sweep = Json::array();
    for (const auto& trial : edited.sweep) {
        sweep.push_back({{"layers", trial.layers},
                         {"new_on_prompt", trial.on_prompt},
                         {"new_on_paraphrases", trial.on_paraphrases},
                         {"leaked", trial.leak},
                         {"lost", trial.loss},
                         {"score", trial.score()}});
    }
    put_some(json, "sweep", std::move(sweep));
    if (edited.effect) {
        json["effect"] = effect_json(*edited.effect, edited.facts);
        json["misses"] = edited.misses;
    }
    return json_text(json);
}

}  // namespace otherwise
