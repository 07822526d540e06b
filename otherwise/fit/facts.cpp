#include "otherwise/fit/facts.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/answer_text.h"

namespace otherwise {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPlace = "{}";

[[noreturn]] void refuse(const std::string& where, const std::string& expected,
                         const std::string& came) {
    fail(
        {.where = "read_facts",
         .expected = expected,
         .came = came + " in " + where,
         .advice = R"(a line is {"prompt": "{} is in", "subject": "Rome", "target_new": "Peru"})"});
}

/// A text, or CounterFact's {"str": text}.
std::optional<std::string> text_of(const Json& value) {
    if (value.is_object() && value.contains("str")) {
        return text_of(value["str"]);
    }
    return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

/// An answer: a text with the space before it that it is written with, or a number.
std::optional<std::string> answer_of(const Json& value) {
    if (value.is_object() && value.contains("str")) {
        return answer_of(value["str"]);
    }
    if (value.is_number()) {
        return value.dump();
    }
    return value.is_string() ? std::optional(std::string(trimmed_end(value.get<std::string>())))
                             : std::nullopt;
}

std::string need_answer(const Json& object, const char* key, const std::string& where) {
    const auto text = object.contains(key) ? answer_of(object[key]) : std::nullopt;
    if (!text || text->empty()) {
        refuse(where, std::string("a text or a number \"") + key + "\"", "none");
    }
    return *text;
}

std::string need_text(const Json& object, const char* key, const std::string& where) {
    const auto text = object.contains(key) ? text_of(object[key]) : std::nullopt;
    if (!text || trimmed(*text).empty()) {
        refuse(where, std::string("a text \"") + key + "\"", "none");
    }
    return *text;
}

/// The value of the first of these keys that is there.
const Json* first_of(const Json& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (object.contains(key) && !object[key].is_null()) {
            return &object[key];
        }
    }
    return nullptr;
}

std::vector<std::string> texts_of(const Json* list, const std::string& where) {
    std::vector<std::string> texts;
    if (list == nullptr) {
        return texts;
    }
    for (const auto& item : list->is_array() ? *list : Json::array({*list})) {
        const auto text = text_of(item);
        if (!text) {
            refuse(where, "a list of paraphrases", "something else");
        }
        texts.push_back(*text);
    }
    return texts;
}

std::vector<Neighbor> neighbors_of(const Json* list, const std::string& answer,
                                   const std::string& where) {
    std::vector<Neighbor> neighbors;
    if (list == nullptr) {
        return neighbors;
    }
    for (const auto& item : list->is_array() ? *list : Json::array({*list})) {
        if (item.is_string()) {
            neighbors.push_back({.prompt = item.get<std::string>(), .answer = answer});
        } else if (item.is_array() && item.size() == 2 && item[0].is_string() &&
                   answer_of(item[1])) {
            neighbors.push_back(
                {.prompt = item[0].get<std::string>(), .answer = *answer_of(item[1])});
        } else {
            refuse(where, "neighbors as [prompt, answer]", to_utf8(item.dump()));
        }
    }
    return neighbors;
}

/// The prompt with {} at this place of the subject.
std::string placed(const Fact& fact, std::size_t place) {
    auto prompt = fact.prompt;
    return prompt.replace(place, fact.subject.size(), kPlace);
}

/// Puts {} where the subject is, unless it is there already: as a word of its own, else inside
/// others. Of two such places none is better.
void place_subject(Fact& fact, const std::string& where) {
    if (const auto place = fact.prompt.find(kPlace); place != std::string::npos) {
        if (fact.prompt.find(kPlace, place + kPlace.size()) == std::string::npos) {
            return;
        }
        refuse(where, "one {} in the prompt", "several in '" + to_utf8(fact.prompt) + "'");
    }
    auto places = places_of(fact.prompt, fact.subject, false);
    if (places.empty()) {
        places = places_of(fact.prompt, fact.subject, true);
    }
    if (places.empty()) {
        refuse(where, "the subject '" + to_utf8(fact.subject) + "', or {}, in the prompt",
               "'" + to_utf8(fact.prompt) + "'");
    }
    if (places.size() > 1) {
        fail({.where = "read_facts",
              .expected = "one place for the subject '" + to_utf8(fact.subject) + "' in " + where,
              .came = "'" + to_utf8(placed(fact, places[0])) + "' and '" +
                      to_utf8(placed(fact, places[1])) + "'",
              .advice = "write the prompt with {} in the place that is meant"});
    }
    fact.prompt = placed(fact, places.front());
}

Fact fact_of(const Json& line, const std::string& where) {
    const Json& rewrite = line.contains("requested_rewrite") ? line["requested_rewrite"] : line;
    if (!rewrite.is_object()) {
        refuse(where, "a JSON object", to_utf8(rewrite.dump()));
    }
    Fact fact{.id = "",
              .prompt = need_text(rewrite, "prompt", where),
              .subject = std::string(trimmed(need_text(rewrite, "subject", where))),
              .target_new = need_answer(rewrite, "target_new", where)};
    if (const auto* id = first_of(line, {"id", "case_id"}); id != nullptr) {
        fact.id = id->is_string() ? id->get<std::string>() : id->dump();
    }
    if (const auto* old = first_of(rewrite, {"target_true", "ground_truth"}); old != nullptr) {
        fact.target_true = answer_of(*old).value_or("");
        if (fact.target_true->empty()) {
            fact.target_true.reset();
        }
    }
    fact.paraphrases =
        texts_of(first_of(line, {"paraphrases", "paraphrase_prompts", "rephrase_prompt"}), where);
    fact.neighbors = neighbors_of(first_of(line, {"neighbors", "neighbours", "neighborhood_prompts",
                                                  "neighbourhood_prompts"}),
                                  fact.target_true.value_or(""), where);
    if (line.contains("locality_prompt") && line.contains("locality_ground_truth")) {  // EasyEdit
        fact.neighbors.push_back({.prompt = need_text(line, "locality_prompt", where),
                                  .answer = need_answer(line, "locality_ground_truth", where)});
    }
    place_subject(fact, where);
    return fact;
}

}  // namespace

std::string Fact::before() const { return prompt.substr(0, prompt.find(kPlace)); }

std::string Fact::after() const { return prompt.substr(prompt.find(kPlace) + kPlace.size()); }

std::vector<Fact> read_facts(std::istream& in, const std::string& name) {
    std::vector<Fact> facts;
    std::set<std::string> ids;
    std::string text;
    for (int number = 1; std::getline(in, text); ++number) {
        const std::string where = "line " + std::to_string(number) + " of '" + name + "'";
        if (trimmed(text).empty()) {
            continue;
        }
        const Json line = Json::parse(text, nullptr, false);
        if (line.is_discarded() || !line.is_object()) {
            refuse(where, "a JSON object", "something else");
        }
        facts.push_back(fact_of(line, where));
        if (facts.back().id.empty()) {
            facts.back().id = std::to_string(number);
        }
        if (!ids.insert(facts.back().id).second) {
            refuse(where, "an id of its own", "'" + to_utf8(facts.back().id) + "' again");
        }
    }
    if (facts.empty()) {
        refuse("'" + name + "'", "at least one fact", "none");
    }
    return facts;
}

Fact parse_fact(std::string_view text) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= text.size();) {
        const auto end = std::min(text.find('|', from), text.size());
        parts.emplace_back(trimmed(text.substr(from, end - from)));
        from = end + 1;
    }
    bool whole = parts.size() == 3 || parts.size() == 4;
    for (const auto& part : parts) {
        whole = whole && !part.empty();
    }
    if (!whole) {
        misuse({.where = "parse_fact",
                .expected = "--fact 'SUBJECT | PROMPT with {} | NEW'",
                .came = "'" + to_utf8(text) + "'",
                .advice = "as in --fact 'The Louvre | {} is located in the city of | Rome'"});
    }
    Fact fact{.id = parts[0], .prompt = parts[1], .subject = parts[0], .target_new = parts[2]};
    if (parts.size() == 4) {
        fact.target_true = parts[3];
    }
    if (fact.prompt.find(kPlace) == std::string::npos &&
        fact.prompt.find(fact.subject) == std::string::npos) {
        misuse({.where = "parse_fact",
                .expected = "the subject '" + to_utf8(fact.subject) + "', or {}, in the prompt",
                .came = "'" + to_utf8(fact.prompt) + "'"});
    }
    place_subject(fact, "--fact");
    return fact;
}

std::vector<RepeatedFact> take_repeated(std::vector<Fact>& facts) {
    std::map<std::string, std::string> known;  // texts, and the facts that say them
    std::vector<RepeatedFact> repeated;
    std::vector<Fact> kept;
    for (auto& fact : facts) {
        const auto [first, fresh] = known.try_emplace(
            std::string(trimmed_end(fact.text())) + '\0' + whole_text(fact.text(), fact.target_new),
            fact.id);
        if (fresh) {
            kept.push_back(std::move(fact));
        } else {
            repeated.push_back({.id = fact.id, .first = first->second});
        }
    }
    facts = std::move(kept);
    return repeated;
}

bool is_question(const Fact& fact) {
    const auto text = fact.text();
    const auto prompt = trimmed_end(text);
    const auto ends = [&](std::string_view mark) { return prompt.ends_with(mark); };
    return ends("?") || ends("？") || ends("؟");
}

std::string facts_text(const std::vector<Fact>& facts) {
    std::string text;
    for (const auto& fact : facts) {
        nlohmann::ordered_json line{{"id", to_utf8(fact.id)},
                                    {"subject", to_utf8(fact.subject)},
                                    {"prompt", to_utf8(fact.prompt)},
                                    {"target_new", to_utf8(fact.target_new)}};
        if (fact.target_true) {
            line["target_true"] = to_utf8(*fact.target_true);
        }
        for (const auto& paraphrase : fact.paraphrases) {
            line["paraphrases"].push_back(to_utf8(paraphrase));
        }
        for (const auto& neighbor : fact.neighbors) {
            line["neighbors"].push_back({to_utf8(neighbor.prompt), to_utf8(neighbor.answer)});
        }
        text += line.dump() + "\n";
    }
    return text;
}

}  // namespace otherwise
