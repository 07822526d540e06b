#include "otherwise/base/record_fields.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

[[noreturn]] void refuse(const RecordPlace& place, const std::string& expected,
                         std::string_view path, JsonValue value) {
    place.refuse(expected + " as " + quoted(path), quoted(path) + ": " + value.described());
}

}  // namespace

std::optional<std::string> text_field(JsonValue record, std::string_view path,
                                      const RecordPlace& place) {
    const auto value = record.at(path);
    if (!value) {
        return std::nullopt;
    }
    if (!value.is_string()) {
        refuse(place, "a string", path, value);
    }
    return std::string(value.text());
}

std::optional<Tokens> tokens_field(JsonValue record, std::string_view path,
                                   const RecordPlace& place) {
    const auto value = record.at(path);
    if (!value) {
        return std::nullopt;
    }
    constexpr const char* kExpected = "a list of token numbers from 0";
    if (!value.is_array()) {
        refuse(place, kExpected, path, value);
    }
    Tokens tokens;
    for (auto entry = value.first(); entry; entry = entry.next()) {
        const auto token = entry.whole(std::numeric_limits<Token>::max());
        if (!token) {
            refuse(place, kExpected, path, entry);
        }
        tokens.push_back(static_cast<Token>(*token));
    }
    return tokens;
}

std::optional<bool> bool_field(JsonValue record, std::string_view path, const RecordPlace& place) {
    const auto value = record.at(path);
    if (!value) {
        return std::nullopt;
    }
    std::string word(value.is_string() ? value.text() : "");
    std::ranges::transform(word, word.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool is_word = word == "true" || word == "false";
    if (value.kind() != JsonKind::boolean && !is_word) {
        refuse(place, "true or false", path, value);
    }
    return value.is_true() || word == "true";
}

std::optional<std::int64_t> whole_field(JsonValue record, std::string_view path,
                                        const RecordPlace& place) {
    const auto value = record.at(path);
    if (!value) {
        return std::nullopt;
    }
    const auto number = whole_number(value.text());
    if (!number) {
        refuse(place, "an integer from 0", path, value);
    }
    return number;
}

std::string id_field(JsonValue record, std::string_view path, const RecordPlace& place,
                     int number) {
    const auto value = record.at(path);
    if (!value) {
        return std::to_string(number);
    }
    const bool is_integer = value.is_number() &&
                            value.text().find_first_not_of("-0123456789") == std::string_view::npos;
    if (!is_integer && (!value.is_string() || value.text().empty())) {
        refuse(place, "a string or an integer", path, value);
    }
    return std::string(value.text());
}

std::optional<bool> end_field(JsonValue record, std::string_view path, const RecordPlace& place) {
    const auto end = text_field(record, path, place);
    if (end && *end != "eog" && *end != "limit") {
        place.refuse(R"("eog" or "limit" as )" + quoted(path), quoted(to_utf8(*end)));
    }
    return end ? std::optional(*end == "eog") : std::nullopt;
}

}  // namespace otherwise
