#include "otherwise/fit/edit/facts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/base/text.h"
#include "otherwise/fit/edit/answer_text.h"

namespace otherwise {
namespace {

constexpr std::string_view kPlace = "{}";

[[noreturn]] void refuse(const RecordPlace& place, const std::string& expected,
                         const std::string& came) {
    place.refuse(expected, came,
                 R"(a line is {"prompt": "{} is in", "subject": "Rome", "target_new": "Peru"})");
}

/// A text, CounterFact's {"str": text}, or the first of a list of such, however deep: data sets
/// list the ways to say an answer.
JsonValue said(JsonValue value) {
    while (value) {
        if (value.is_object()) {
            value = value.find("str");
        } else if (value.is_array()) {
            value = value.first();
        } else {
            break;
        }
    }
    return value;
}

std::optional<std::string> text_of(JsonValue value) {
    value = said(value);
    return value.is_string() ? std::optional(std::string(value.text())) : std::nullopt;
}

/// An answer: a text with the space before it that it is written with, or a number.
std::optional<std::string> answer_of(JsonValue value) {
    value = said(value);
    if (!value.is_string() && !value.is_number()) {
        return std::nullopt;
    }
    return std::string(value.is_string() ? trimmed_end(value.text()) : value.text());
}

/// The value of the first of these keys that is there.
JsonValue first_of(JsonValue object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        if (const auto value = object.find(key)) {
            return value;
        }
    }
    return {};
}

std::string need_answer(JsonValue object, std::initializer_list<const char*> keys,
                        const RecordPlace& place) {
    const auto text = answer_of(first_of(object, keys));
    if (!text || text->empty()) {
        refuse(place, std::string("a text or a number \"") + *keys.begin() + "\"", "none");
    }
    return *text;
}

std::string need_text(JsonValue object, std::initializer_list<const char*> keys,
                      const RecordPlace& place) {
    const auto text = text_of(first_of(object, keys));
    if (!text || trimmed(*text).empty()) {
        refuse(place, std::string("a text \"") + *keys.begin() + "\"", "none");
    }
    return *text;
}

/// Calls `take` for the value, or for each of an array's.
template <typename Take>
void for_each(JsonValue value, const Take& take) {
    if (!value.is_array()) {
        if (value) {
            take(value);
        }
        return;
    }
    for (auto item = value.first(); item; item = item.next()) {
        take(item);
    }
}

void add_paraphrases(JsonValue list, const RecordPlace& place, Fact& fact) {
    for_each(list, [&](JsonValue item) {
        const auto text = text_of(item);
        if (!text) {
            refuse(place, "a list of paraphrases", item.described());
        }
        fact.paraphrases.push_back(*text);
    });
}

void add_neighbors(JsonValue list, const RecordPlace& place, Fact& fact) {
    for_each(list, [&](JsonValue item) {
        const auto answer = item.is_array() ? item.first().next() : JsonValue();
        if (item.is_string()) {
            fact.neighbors.push_back(
                {.prompt = std::string(item.text()), .answer = fact.target_true.value_or("")});
        } else if (item.first().is_string() && !answer.next() && answer_of(answer)) {
            fact.neighbors.push_back(
                {.prompt = std::string(item.first().text()), .answer = *answer_of(answer)});
        } else {
            refuse(place, "neighbors as [prompt, answer]", item.described());
        }
    });
}

/// EasyEdit's and KnowEdit's locality: {"prompt", "ground_truth"}, each a text or a list of them,
/// or such in lists and under names of kinds.
void add_locality(JsonValue locality, const RecordPlace& place, Fact& fact) {
    std::vector<JsonValue> waiting{locality};
    while (!waiting.empty()) {
        const auto value = waiting.back();
        waiting.pop_back();
        const auto prompt = value.find("prompt");
        if (!prompt) {
            std::vector<JsonValue> inner;
            for (auto item = value.first(); item; item = item.next()) {
                inner.push_back(item);
            }
            waiting.insert(waiting.end(), inner.rbegin(), inner.rend());
            continue;
        }
        const auto truth = value.find("ground_truth");
        auto answer = prompt.is_array() ? truth.first() : truth;
        for_each(prompt, [&](JsonValue text) {
            if (!text.is_string()) {
                refuse(place, R"(texts as "prompt" of "locality")", text.described());
            }
            fact.neighbors.push_back(
                {.prompt = std::string(text.text()), .answer = answer_of(answer).value_or("")});
            answer = prompt.is_array() ? answer.next() : answer;
        });
    }
}

/// The prompt with {} at this place of the subject.
std::string placed(const Fact& fact, std::size_t place) {
    auto prompt = fact.prompt;
    return prompt.replace(place, fact.subject.size(), kPlace);
}

/// Puts {} where the subject is, unless it is there already: as a word of its own, else inside
/// others. Of two such places none is better.
void place_subject(Fact& fact, const RecordPlace& place) {
    if (const auto found = fact.prompt.find(kPlace); found != std::string::npos) {
        if (fact.prompt.find(kPlace, found + kPlace.size()) == std::string::npos) {
            return;
        }
        refuse(place, "one {} in the prompt", "several in '" + to_utf8(fact.prompt) + "'");
    }
    auto places = places_of(fact.prompt, fact.subject, false);
    if (places.empty()) {
        places = places_of(fact.prompt, fact.subject, true);
    }
    if (places.empty()) {
        refuse(place, "the subject '" + to_utf8(fact.subject) + "', or {}, in the prompt",
               "'" + to_utf8(fact.prompt) + "'");
    }
    if (places.size() > 1) {
        place.refuse("one place for the subject '" + to_utf8(fact.subject) + "'",
                     "'" + to_utf8(placed(fact, places[0])) + "' and '" +
                         to_utf8(placed(fact, places[1])) + "'",
                     "write the prompt with {} in the place that is meant");
    }
    fact.prompt = placed(fact, places.front());
}

void refuse_other_kinds(JsonValue record, const RecordPlace& place) {
    const auto kind = record_kind(record);
    if (kind != RecordKind::fact && kind != RecordKind::string && kind != RecordKind::unknown) {
        refuse(place, "facts", kind_text(kind));
    }
}

/// Whether the fields are there without which no fact is one.
bool is_complete(JsonValue record, bool is_zsre) {
    const bool has_new =
        record.find("target_new") || (is_zsre && first_of(record, {"alt", "answers"}));
    return has_new && record.find("subject") && first_of(record, {"prompt", "src"});
}

/// Keys of a fact that were mistyped, among those that it needs and those that it may have.
class FactKeys {
public:
    void refuse(JsonValue record, bool is_complete, const RecordPlace& place) {
        if (!is_complete) {
            needed_.refuse(record, place);
        }
        std::vector<std::string_view> unwanted;
        if (first_of(record, {"paraphrase_prompts", "rephrase_prompt", "rephrase"})) {
            unwanted.emplace_back("paraphrases");
        }
        if (first_of(record, {"neighbours", "neighborhood_prompts", "neighbourhood_prompts",
                              "locality", "locality_prompt", "loc"})) {
            unwanted.emplace_back("neighbors");
        }
        if (first_of(record, {"ground_truth", "answers"})) {
            unwanted.emplace_back("target_true");
        }
        optional_.refuse(record, place, unwanted);
    }

private:
    MistypedKeys needed_{{"prompt", "subject", "target_new"}, {"target_true"}};
    MistypedKeys optional_{{"target_true", "paraphrases", "neighbors"},
                           {"prompt", "subject", "target_new", "neighbours"},
                           true};
};

Fact fact_of(JsonValue record, const RecordPlace& place, FactKeys& keys) {
    if (!record.is_object()) {
        refuse(place, "a JSON object", record.is_string() ? "a line of text" : record.described());
    }
    refuse_other_kinds(record, place);
    const bool nested = static_cast<bool>(record.find("requested_rewrite"));  // CounterFact
    const auto rewrite = nested ? record.find("requested_rewrite") : record;
    if (!rewrite.is_object()) {
        refuse(place, "an object as \"requested_rewrite\"", rewrite.described());
    }
    const bool is_zsre = !rewrite.find("prompt") && static_cast<bool>(rewrite.find("src"));
    if (!nested) {
        keys.refuse(record, is_complete(record, is_zsre), place);
    }
    Fact fact{.id = "",
              .prompt = need_text(rewrite, {"prompt", "src"}, place),
              .subject = std::string(trimmed(need_text(rewrite, {"subject"}, place))),
              .target_new = is_zsre ? need_answer(rewrite, {"target_new", "alt", "answers"}, place)
                                    : need_answer(rewrite, {"target_new"}, place)};
    if (const auto id = first_of(record, {"id", "case_id"})) {
        fact.id = id.is_string() || id.is_number() ? std::string(id.text()) : id.described();
    }
    fact.target_true = answer_of(first_of(rewrite, {"target_true", "ground_truth"}));
    if (is_zsre && rewrite.find("alt")) {
        fact.target_true = answer_of(first_of(rewrite, {"answers", "pred"}));
    }
    if (fact.target_true && fact.target_true->empty()) {
        fact.target_true.reset();
    }
    add_paraphrases(
        first_of(record, {"paraphrases", "paraphrase_prompts", "rephrase_prompt", "rephrase"}),
        place, fact);
    add_neighbors(first_of(record, {"neighbors", "neighbours", "neighborhood_prompts",
                                    "neighbourhood_prompts"}),
                  place, fact);
    const auto neighbor = first_of(record, {"locality_prompt", "loc"});
    if (neighbor && first_of(record, {"locality_ground_truth", "loc_ans"})) {  // EasyEdit, zsRE
        fact.neighbors.push_back(
            {.prompt = need_text(record, {"locality_prompt", "loc"}, place),
             .answer = need_answer(record, {"locality_ground_truth", "loc_ans"}, place)});
    }
    add_locality(record.find("locality"), place, fact);
    place_subject(fact, place);
    return fact;
}

}  // namespace

std::string Fact::before() const { return prompt.substr(0, prompt.find(kPlace)); }

std::string Fact::after() const { return prompt.substr(prompt.find(kPlace) + kPlace.size()); }

std::vector<Fact> read_facts(std::istream& in, const std::string& name) {
    std::vector<Fact> facts;
    std::set<std::string> ids;
    Records records(in, name, {.what = "facts", .columns = {}});
    FactKeys keys;
    while (records.next()) {
        const auto place = records.place();
        facts.push_back(fact_of(records.value(), place, keys));
        if (facts.back().id.empty()) {
            facts.back().id = std::to_string(records.number());
        }
        if (!ids.insert(facts.back().id).second) {
            refuse(place, "an id of its own", "'" + to_utf8(facts.back().id) + "' again");
        }
    }
    if (facts.empty()) {
        fail({.where = "read_facts", .expected = "at least one fact in " + name, .came = "none"});
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
                .expected = setting("fact", "'SUBJECT | PROMPT with {} | NEW'"),
                .came = "'" + to_utf8(text) + "'",
                .advice = "as in " +
                          setting("fact", "'The Louvre | {} is located in the city of | Rome'")});
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
    const auto source = setting("fact");
    place_subject(fact, {.source = source});
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
