#include "otherwise/measure/pairs.h"

#include <algorithm>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

using nlohmann::json;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Where a line stands, for complaints.
struct Place {
    const std::string& source;
    int line;

    [[noreturn]] void refuse(const std::string& expected, std::string came,
                             std::string advice = {}) const {
        fail({.where = "read_pairs",
              .expected = expected + " in " + source + ", line " + std::to_string(line),
              .came = std::move(came),
              .advice = std::move(advice)});
    }
};

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

/// The value at a dotted path, or null where it is missing or null itself.
const json* find(const json& object, std::string_view path) {
    const json* value = &object;
    while (!path.empty()) {
        const auto dot = std::min(path.find('.'), path.size());
        if (!value->is_object()) {
            return nullptr;
        }
        const auto found = value->find(std::string(path.substr(0, dot)));
        if (found == value->end()) {
            return nullptr;
        }
        value = &*found;
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return value->is_null() ? nullptr : value;
}

[[noreturn]] void refuse_type(const Place& place, const std::string& expected,
                              std::string_view path, const json& value) {
    place.refuse(expected + " as " + in_quotes(path),
                 std::string("JSON of type ") + value.type_name());
}

std::optional<std::string> read_text(const json& object, std::string_view path,
                                     const Place& place) {
    const json* value = find(object, path);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        refuse_type(place, "a string", path, *value);
    }
    return value->get<std::string>();
}

std::optional<Tokens> read_tokens(const json& object, const std::string& path, const Place& place) {
    const json* value = find(object, path);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::string expected = "a list of token numbers from 0";
    if (!value->is_array()) {
        refuse_type(place, expected, path, *value);
    }
    Tokens tokens;
    tokens.reserve(value->size());
    for (const auto& entry : *value) {
        constexpr auto kLargest = std::uint64_t{std::numeric_limits<Token>::max()};
        if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() > kLargest) {
            place.refuse(expected + " as " + in_quotes(path), "another entry");
        }
        tokens.push_back(static_cast<Token>(entry.get<std::uint64_t>()));
    }
    return tokens;
}

/// "eog" or "limit", beside a text.
std::optional<bool> read_end(const json& object, const std::string& path, const Place& place) {
    const auto end = read_text(object, path, place);
    if (end && *end != "eog" && *end != "limit") {
        place.refuse(R"("eog" or "limit" as )" + in_quotes(path), in_quotes(to_utf8(*end)));
    }
    return end ? std::optional(*end == "eog") : std::nullopt;
}

/// The folder of a path, with its dot: "before." of "before.text".
std::string beside(std::string_view path) {
    return std::string(path.substr(0, path.rfind('.') + 1));
}

PairText read_side(const json& object, const std::string& path, const Place& place) {
    const json* value = find(object, path);
    if (value == nullptr) {
        place.refuse(in_quotes(path), "none", "other names go with --factual-field and the like");
    }
    PairText side;
    if (value->is_object()) {
        const auto text = read_text(object, path + ".text", place);
        if (!text) {
            place.refuse(in_quotes(path + ".text"), "none");
        }
        side.text = *text;
        side.tokens = read_tokens(object, path + ".tokens", place);
        side.ended = read_end(object, path + ".end", place);
        return side;
    }
    side.text = *read_text(object, path, place);
    if (path.ends_with(".text")) {
        side.tokens = read_tokens(object, beside(path) + "tokens", place);
        side.ended = read_end(object, beside(path) + "end", place);
    }
    return side;
}

/// The names of this line's fields, where they are not given.
PairFields with_known_form(PairFields fields, const json& object, const Place& place) {
    const bool published =
        find(object, "factual") == nullptr && find(object, "original") != nullptr;
    if (fields.factual.empty()) {
        fields.factual = published ? "original" : "factual";
        if (find(object, fields.factual) == nullptr) {
            place.refuse(R"("factual" or "original")", "neither",
                         "other names go with --factual-field and --counterfactual-field");
        }
    }
    if (fields.counterfactual.empty()) {
        fields.counterfactual = "counterfactual";
    }
    if (fields.prompt.empty()) {
        fields.prompt = "prompt";
    } else if (find(object, fields.prompt) == nullptr) {
        place.refuse(in_quotes(fields.prompt), "none");
    }
    return fields;
}

/// Each side may repeat its prompt; then it has to be the same.
void require_one_prompt(const json& object, const PairFields& fields, const Place& place) {
    const auto prompt_of = [&](const std::string& path) {
        const json* side = find(object, path);
        const std::string folder = side != nullptr && side->is_object() ? path + "." : beside(path);
        return folder.empty() ? std::nullopt : read_text(object, folder + "prompt", place);
    };
    const auto a = prompt_of(fields.factual);
    const auto b = prompt_of(fields.counterfactual);
    if (a && b && *a != *b) {
        place.refuse("one prompt for both texts", "unequal prompts",
                     "only texts after the same prompt make a pair");
    }
}

void take_prompt_off(PairText& side, const std::string& prompt, const char* name,
                     const Place& place) {
    if (!side.text.starts_with(prompt)) {
        place.refuse("texts that start with the line's prompt",
                     std::string("a ") + name + " text that does not");
    }
    side.text.erase(0, prompt.size());
}

void read_prompt(const json& object, const PairFields& fields, const Place& place, ReadPair& pair) {
    require_one_prompt(object, fields, place);
    const auto prompt = read_text(object, fields.prompt, place);
    if (fields.texts_hold_prompt) {
        if (!prompt) {
            place.refuse(in_quotes(fields.prompt) + " with --with-prompt", "none");
        }
        take_prompt_off(pair.factual, *prompt, "factual", place);
        take_prompt_off(pair.counterfactual, *prompt, "counterfactual", place);
    }
    pair.prompt = prompt.value_or("");
    if (!prompt || fields.texts_hold_prompt) {
        pair.prompt_tokens = 0;  // then the tokens hold it as well
    } else if (const auto tokens = read_tokens(object, "prompt_tokens", place)) {
        pair.prompt_tokens = static_cast<int>(tokens->size());
    }
}

std::string read_id(const json& object, const Place& place) {
    const json* value = find(object, "string");
    value = value == nullptr ? find(object, "id") : value;
    if (value == nullptr) {
        return std::to_string(place.line);
    }
    if (!value->is_string() && !value->is_number_integer()) {
        refuse_type(place, "a string or an integer", "id", *value);
    }
    return value->is_string() ? value->get<std::string>() : value->dump();
}

json parse_object(std::string_view text, const Place& place) {
    json object;
    try {
        object = json::parse(text);
    } catch (const json::parse_error& error) {
        place.refuse("JSON", "a syntax error at byte " + std::to_string(error.byte));
    }
    if (!object.is_object()) {
        place.refuse("a JSON object", std::string("JSON of type ") + object.type_name());
    }
    return object;
}

ReadPair read_line(std::string_view text, const PairFields& given, const Place& place) {
    const json object = parse_object(text, place);
    const PairFields fields = with_known_form(given, object, place);
    ReadPair pair;
    pair.line = place.line;
    pair.string = read_id(object, place);
    if (const json* sample = find(object, "sample")) {
        if (!sample->is_number_unsigned()) {
            refuse_type(place, "an integer from 0", "sample", *sample);
        }
        pair.sample = sample->get<std::int64_t>();
    }
    pair.world = read_text(object, "world", place).value_or("");
    if (const json* fresh = find(object, "independent")) {
        if (!fresh->is_boolean()) {
            refuse_type(place, "true or false", "independent", *fresh);
        }
        pair.independent = fresh->get<bool>();
    }
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

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
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
    std::string text;
    int number = 0;
    bool any = false;
    while (std::getline(in, text)) {
        ++number;
        std::string_view line = text;
        if (number == 1 && line.starts_with(kByteOrderMark)) {
            line.remove_prefix(kByteOrderMark.size());
        }
        if (is_blank(line)) {
            continue;
        }
        const Place place{.source = source, .line = number};
        if (!is_utf8(line)) {
            place.refuse("UTF-8", "other bytes");
        }
        any = true;
        if (!take(read_line(line, fields, place))) {
            return;
        }
    }
    if (in.bad()) {
        fail({.where = "read_pairs",
              .expected = "to read " + source,
              .came = "an error after line " + std::to_string(number)});
    }
    if (!any) {
        fail({.where = "read_pairs",
              .expected = "at least one pair in " + source,
              .came = "none",
              .advice = "JSON lines, as `otherwise run --jsonl` writes them"});
    }
}

}  // namespace otherwise
