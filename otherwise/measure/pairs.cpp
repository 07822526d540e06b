#include "otherwise/measure/pairs.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/record_fields.h"
#include "otherwise/base/record_keys.h"
#include "otherwise/base/records.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

/// The folder of a path, with its dot: "before." of "before.text".
std::string beside(std::string_view path) {
    return std::string(path.substr(0, path.rfind('.') + 1));
}

PairText read_side(JsonValue object, const std::string& path, const RecordPlace& place) {
    const auto value = object.at(path);
    if (!value) {
        place.refuse(in_quotes(path), "none",
                     "other names go with " + setting("factual_field") + " and the like");
    }
    PairText side;
    if (value.is_object()) {
        const auto text = text_field(object, path + ".text", place);
        if (!text) {
            place.refuse(in_quotes(path + ".text"), "none");
        }
        side.text = *text;
        side.tokens = tokens_field(object, path + ".tokens", place);
        side.ended = end_field(object, path + ".end", place);
        return side;
    }
    side.text = *text_field(object, path, place);
    if (path.ends_with(".text")) {
        side.tokens = tokens_field(object, beside(path) + "tokens", place);
        side.ended = end_field(object, beside(path) + "end", place);
    }
    return side;
}

/// A record without pair's names: what it is instead.
[[noreturn]] void refuse_other_kinds(JsonValue object, const RecordPlace& place) {
    const auto kind = record_kind(object);
    switch (kind) {
        case RecordKind::eval_log:
        case RecordKind::inspect_log:
            place.refuse("pairs", kind_text(kind) + ", with one text for each question",
                         "the other run's log goes with " + setting("against", "FILE"));
        case RecordKind::fact:
        case RecordKind::law_line:
        case RecordKind::chat:
            place.refuse("pairs", kind_text(kind));
        case RecordKind::string:
        case RecordKind::text:
        case RecordKind::example:
            place.refuse(R"("factual" or "original")", "neither; there are " + keys_text(object),
                         "one text each: the other run's go with " + setting("against", "FILE") +
                             "; other names with " + setting("factual_field") + " and " +
                             setting("counterfactual_field"));
        default:
            place.refuse(R"("factual" or "original")", "neither; there are " + keys_text(object),
                         "other names go with " + setting("factual_field") + " and " +
                             setting("counterfactual_field"));
    }
}

/// The names of this line's fields, where they are not given.
PairFields with_known_form(PairFields fields, JsonValue object, const RecordPlace& place) {
    const bool published = !object.find("factual") && object.find("original");
    if (fields.factual.empty()) {
        fields.factual = published ? "original" : "factual";
        if (!object.find(fields.factual)) {
            refuse_other_kinds(object, place);
        }
    }
    if (fields.counterfactual.empty()) {
        fields.counterfactual = "counterfactual";
    }
    if (fields.prompt.empty()) {
        fields.prompt = "prompt";
    } else if (!object.at(fields.prompt)) {
        place.refuse(in_quotes(fields.prompt), "none");
    }
    return fields;
}

/// Each side may repeat its prompt; then it has to be the same.
void require_one_prompt(JsonValue object, const PairFields& fields, const RecordPlace& place) {
    const auto prompt_of = [&](const std::string& path) {
        const std::string folder = object.at(path).is_object() ? path + "." : beside(path);
        return folder.empty() ? std::nullopt : text_field(object, folder + "prompt", place);
    };
    const auto a = prompt_of(fields.factual);
    const auto b = prompt_of(fields.counterfactual);
    if (a && b && *a != *b) {
        place.refuse("one prompt for both texts", "unequal prompts",
                     "only texts after the same prompt make a pair");
    }
}

void take_prompt_off(PairText& side, const std::string& prompt, const char* name,
                     const RecordPlace& place) {
    if (!side.text.starts_with(prompt)) {
        place.refuse("texts that start with the line's prompt",
                     std::string("a ") + name + " text that does not");
    }
    side.text.erase(0, prompt.size());
}

void read_prompt(JsonValue object, const PairFields& fields, const RecordPlace& place,
                 ReadPair& pair) {
    require_one_prompt(object, fields, place);
    const auto prompt = text_field(object, fields.prompt, place);
    if (fields.texts_hold_prompt) {
        if (!prompt) {
            place.refuse(in_quotes(fields.prompt) + " with " + setting("with_prompt"), "none");
        }
        take_prompt_off(pair.factual, *prompt, "factual", place);
        take_prompt_off(pair.counterfactual, *prompt, "counterfactual", place);
    }
    pair.prompt = prompt.value_or("");
    if (!prompt || fields.texts_hold_prompt) {
        pair.prompt_tokens = 0;  // then the tokens hold it as well
    } else if (const auto tokens = tokens_field(object, "prompt_tokens", place)) {
        pair.prompt_tokens = static_cast<int>(tokens->size());
    }
}

/// Keys that were mistyped: of a pair's texts, and of what it may have beside them.
struct PairKeys {
    MistypedKeys needed{{"factual", "counterfactual", "original"}};
    MistypedKeys optional{{"prompt", "prompt_tokens", "independent"}, {}, true};
};

ReadPair read_record(JsonValue object, const PairFields& given, const RecordPlace& place,
                     int number, PairKeys& keys) {
    if (!object.is_object()) {
        place.refuse("a JSON object", object.is_string() ? "a text" : object.described(),
                     R"(a pair has two texts, "factual" and "counterfactual")");
    }
    const bool is_complete =
        (object.find("factual") || object.find("original")) && object.find("counterfactual");
    if (given.factual.empty() && given.counterfactual.empty()) {
        (is_complete ? keys.optional : keys.needed).refuse(object, place);
    }
    const PairFields fields = with_known_form(given, object, place);
    ReadPair pair;
    pair.line = place.line;
    pair.string = id_field(object, object.find("string") ? "string" : "id", place, number);
    pair.sample = whole_field(object, "sample", place).value_or(0);
    pair.world = text_field(object, "world", place).value_or("");
    pair.independent = bool_field(object, "independent", place).value_or(false);
    pair.factual = read_side(object, fields.factual, place);
    pair.counterfactual = read_side(object, fields.counterfactual, place);
    if (pair.factual.tokens.has_value() != pair.counterfactual.tokens.has_value()) {
        place.refuse("tokens of both texts, or of none", "those of one");
    }
    read_prompt(object, fields, place, pair);
    return pair;
}

bool holds_prompt(const ReadPair& pair) {
    return pair.prompt_tokens == 0 && pair.factual.tokens && pair.counterfactual.tokens;
}

/// Whether `token` is the first of `with`, and nowhere else on either side.
bool starts_alone(const Tokens& with, const Tokens& without, Token token) {
    return !with.empty() && with.front() == token &&
           std::count(with.begin(), with.end(), token) == 1 &&
           std::count(without.begin(), without.end(), token) == 0;
}

/// Whether the first token of that side of the pairs is a start token.
bool is_lone_start(std::span<const ReadPair> pairs, PairText ReadPair::*side,
                   PairText ReadPair::*other, Token token) {
    bool proved = false;
    for (const auto& pair : pairs) {
        if (!holds_prompt(pair)) {
            continue;
        }
        const auto& [text, tokens, ended] = pair.*side;
        const Tokens& others = *(pair.*other).tokens;
        if (!starts_alone(*tokens, others, token)) {
            return false;
        }
        const bool same =
            std::equal(tokens->begin() + 1, tokens->end(), others.begin(), others.end());
        if (same != (text == (pair.*other).text)) {
            return false;
        }
        proved = proved || same;
    }
    return proved;
}

}  // namespace

std::optional<Token> lone_start_token(std::span<const ReadPair> pairs) {
    const auto first = std::find_if(pairs.begin(), pairs.end(), holds_prompt);
    if (first == pairs.end()) {
        return std::nullopt;
    }
    using Side = PairText ReadPair::*;
    constexpr std::pair<Side, Side> kSides[] = {{&ReadPair::factual, &ReadPair::counterfactual},
                                                {&ReadPair::counterfactual, &ReadPair::factual}};
    for (const auto& [side, other] : kSides) {
        const auto& tokens = *((*first).*side).tokens;
        if (!tokens.empty() && is_lone_start(pairs, side, other, tokens.front())) {
            return tokens.front();
        }
    }
    return std::nullopt;
}

void drop_start_token(ReadPair& pair, Token token) {
    if (!holds_prompt(pair)) {
        return;
    }
    for (auto* side : {&pair.factual, &pair.counterfactual}) {
        if (side->tokens && !side->tokens->empty() && side->tokens->front() == token) {
            side->tokens->erase(side->tokens->begin());
        }
    }
}

void read_pairs(std::istream& in, const std::string& source, const PairFields& fields,
                const std::function<bool(ReadPair&&)>& take) {
    RecordRequest request{.what = "pairs", .columns = {}};
    for (const auto& field : {fields.factual, fields.counterfactual, fields.prompt}) {
        if (!field.empty()) {
            request.columns.push_back(field);
        }
    }
    Records records(in, source, std::move(request));
    PairKeys keys;
    bool any = false;
    while (records.next()) {
        any = true;
        if (!take(read_record(records.value(), fields, records.place(), records.number(), keys))) {
            return;
        }
    }
    if (!any) {
        fail({.where = "read_pairs",
              .expected = "at least one pair in " + source,
              .came = "none",
              .advice = "JSON lines, as `otherwise run --jsonl` writes them"});
    }
}

}  // namespace otherwise
