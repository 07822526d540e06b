#include "otherwise/generate/strings.h"

#include <algorithm>
#include <cstdint>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>
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
        fail({.where = "read_strings",
              .expected = expected + " in " + source + ", line " + std::to_string(line),
              .came = std::move(came),
              .advice = std::move(advice)});
    }
};

/// A string and what decides whether a line with the same id may be the same string.
struct Line {
    InputString string;
    bool of_run = false;   ///< written by `run --jsonl`
    bool sampled = false;  ///< of a run that sampled its factual strings
    std::int64_t sample = 0;
};

bool same_content(const InputString& a, const InputString& b) {
    return a.prompt == b.prompt && a.prompt_tokens == b.prompt_tokens && a.text == b.text &&
           a.tokens == b.tokens && a.ended == b.ended;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

/// The value of a key, or null where it is missing or null itself.
const json* find(const json& object, const char* key) {
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string named(const char* key, const json& value) {
    if (value.is_structured()) {  // may be nested without end
        return "\"" + std::string(key) + "\" of type " + value.type_name();
    }
    std::string text = value.dump();
    constexpr std::size_t kLongest = 60;
    if (text.size() > kLongest) {
        text = to_utf8(text.substr(0, kLongest)) + "…";
    }
    return "\"" + std::string(key) + "\": " + text;
}

std::optional<std::string> read_text(const json& object, const char* key, const Place& place) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return std::nullopt;
    }
    if (!value->is_string()) {
        place.refuse("a string as \"" + std::string(key) + "\"", named(key, *value));
    }
    return value->get<std::string>();
}

std::optional<Tokens> read_tokens(const json& object, const char* key, const Place& place) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const std::string expected = "a list of token numbers from 0 as \"" + std::string(key) + "\"";
    if (!value->is_array()) {
        place.refuse(expected, named(key, *value));
    }
    Tokens tokens;
    tokens.reserve(value->size());
    for (const auto& entry : *value) {
        constexpr auto kLargest = std::uint64_t{std::numeric_limits<Token>::max()};
        if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() > kLargest) {
            place.refuse(expected, named("an entry", entry));
        }
        tokens.push_back(static_cast<Token>(entry.get<std::uint64_t>()));
    }
    return tokens;
}

bool read_bool(const json& object, const char* key, const Place& place) {
    const json* value = find(object, key);
    if (value != nullptr && !value->is_boolean()) {
        place.refuse("true or false as \"" + std::string(key) + "\"", named(key, *value));
    }
    return value != nullptr && value->get<bool>();
}

std::string read_id(const json& object, const char* key, const Place& place) {
    const json* value = find(object, key);
    if (value == nullptr) {
        return std::to_string(place.line);
    }
    if (value->is_number_integer()) {
        return value->dump();
    }
    if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
        place.refuse("a string or an integer as \"" + std::string(key) + "\"", named(key, *value));
    }
    return value->get<std::string>();
}

/// The observed continuation of a line that is not a run's.
void read_observed(const json& object, const Place& place, InputString& string) {
    string.text = read_text(object, "text", place);
    string.tokens = read_tokens(object, "tokens", place);
    string.ended = read_bool(object, "ended", place);
    if (string.text && string.tokens) {
        place.refuse(R"("text" or "tokens")", "both");
    }
    if (string.ended && !string.text && !string.tokens) {
        place.refuse(R"("text" or "tokens" beside "ended")", "neither");
    }
}

/// The factual string of a line of `run --jsonl`.
void read_factual(const json& object, const Place& place, Line& line) {
    const json& factual = object["factual"];
    line.of_run = true;
    line.sampled = !read_bool(object, "observed", place);
    line.string.tokens = read_tokens(factual, "tokens", place);
    if (!line.string.tokens) {
        place.refuse(R"("tokens" in "factual")", "none");
    }
    const auto end = read_text(factual, "end", place).value_or("limit");
    if (end != "eog" && end != "limit") {
        place.refuse(R"("eog" or "limit" as "end" in "factual")", "\"" + end + "\"");
    }
    line.string.ended = end == "eog";
    if (const json* sample = find(object, "sample")) {
        if (!sample->is_number_unsigned()) {
            place.refuse("an integer from 0 as \"sample\"", named("sample", *sample));
        }
        line.sample = sample->get<std::int64_t>();
    }
}

json parse_object(std::string_view text, const Place& place) {
    json object;
    try {
        object = json::parse(text);
    } catch (const json::parse_error& error) {
        place.refuse("JSON", "a syntax error at byte " + std::to_string(error.byte),
                     "a file whose first line starts with { is read as JSON lines");
    }
    if (!object.is_object()) {
        place.refuse("a JSON object", std::string("JSON of type ") + object.type_name());
    }
    return object;
}

Line read_json_line(std::string_view text, const Place& place) {
    const json object = parse_object(text, place);
    Line line;
    line.string.line = place.line;
    line.string.prompt = read_text(object, "prompt", place);
    line.string.prompt_tokens = read_tokens(object, "prompt_tokens", place);
    const json* factual = find(object, "factual");
    if (factual != nullptr && factual->is_object() && find(object, "string") != nullptr) {
        line.string.id = read_id(object, "string", place);
        read_factual(object, place, line);
    } else {
        line.string.id = read_id(object, "id", place);
        read_observed(object, place, line.string);
    }
    if (!line.string.prompt && !line.string.prompt_tokens) {
        place.refuse(R"("prompt" or "prompt_tokens")", "neither");
    }
    return line;
}

/// The strings so far, and the rule for lines that repeat an id.
class Collection {
public:
    [[nodiscard]] int size() const { return static_cast<int>(strings_.size()); }
    [[nodiscard]] std::vector<InputString> take() { return std::move(strings_); }

    void add(Line line, const Place& place) {
        const std::string id = line.string.id;
        if (line.of_run && is_known_sample(id, line)) {
            return;
        }
        if (line.of_run && line.sampled && line.sample > 0) {
            line.string.id += "#" + std::to_string(line.sample);
        }
        const auto [known, is_new] = by_id_.try_emplace(line.string.id, strings_.size());
        if (!is_new) {
            refuse_repeated(line, strings_[known->second].line, place);
        }
        if (line.of_run) {
            of_run_[id].push_back(strings_.size());
        }
        strings_.push_back(std::move(line.string));
    }

private:
    /// Whether a run's line repeats a string that is here already, from another world or sample.
    [[nodiscard]] bool is_known_sample(const std::string& id, const Line& line) const {
        const auto known = of_run_.find(id);
        if (known == of_run_.end()) {
            return false;
        }
        return std::any_of(known->second.begin(), known->second.end(), [&](std::size_t index) {
            return same_content(strings_[index], line.string);
        });
    }

    [[noreturn]] static void refuse_repeated(const Line& line, int before, const Place& place) {
        place.refuse(line.of_run ? "one factual string for each id and sample" : "an id of its own",
                     "\"" + line.string.id + "\" again, first in line " + std::to_string(before),
                     line.of_run ? "the lines of one run agree on it" : "");
    }

    std::vector<InputString> strings_;
    std::unordered_map<std::string, std::size_t> by_id_;
    std::unordered_map<std::string, std::vector<std::size_t>> of_run_;  ///< by the id without #
};

}  // namespace

std::vector<InputString> read_strings(std::istream& in, const std::string& source,
                                      const ReadOptions& options) {
    Collection strings;
    std::optional<bool> is_json;
    std::string text;
    int number = options.first_line;
    for (; (options.limit == 0 || strings.size() < options.limit) && std::getline(in, text);
         ++number) {
        std::string_view line = text;
        if (number == options.first_line && line.starts_with(kByteOrderMark)) {
            line.remove_prefix(kByteOrderMark.size());
        }
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        const Place place{.source = source, .line = number};
        if (!is_utf8(line)) {
            place.refuse("UTF-8", "other bytes");
        }
        if (is_blank(line)) {
            continue;
        }
        if (!is_json) {
            is_json = line[line.find_first_not_of(" \t\v\f")] == '{';
        }
        if (*is_json) {
            strings.add(read_json_line(line, place), place);
            continue;
        }
        InputString string;
        string.id = std::to_string(number);
        string.prompt = line;
        string.line = number;
        strings.add({.string = std::move(string)}, place);
    }
    if (in.bad()) {
        fail({.where = "read_strings",
              .expected = "to read " + source,
              .came = "an error after line " + std::to_string(number - 1)});
    }
    if (strings.size() == 0) {
        fail({.where = "read_strings",
              .expected = "at least one prompt in " + source,
              .came = "none",
              .advice = "one prompt a line, or JSON lines with \"prompt\""});
    }
    return strings.take();
}

}  // namespace otherwise
