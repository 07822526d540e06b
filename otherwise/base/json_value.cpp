#include "otherwise/base/json_value.h"

#include <rapidjson/error/en.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cctype>

#include "otherwise/base/text.h"

namespace otherwise {
namespace {

/// "Missing a colon." as "missing a colon".
std::string in_sentence(std::string text) {
    if (text.ends_with('.')) {
        text.pop_back();
    }
    if (!text.empty()) {
        text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    }
    return text;
}

}  // namespace

/// Takes RapidJSON's events.
struct JsonEvents {
    using Size = rapidjson::SizeType;

    JsonTree& tree;

    bool put(JsonKind kind, std::string_view text = {}, bool truth = false) const {
        tree.add(kind, text, truth);
        return true;
    }
    [[nodiscard]] bool open(JsonKind kind) const {
        tree.open_.push_back(tree.nodes_.size());
        return put(kind);
    }
    [[nodiscard]] bool close() const {
        tree.nodes_[tree.open_.back()].end = tree.nodes_.size();
        tree.open_.pop_back();
        return true;
    }
    // The names are RapidJSON's.
    // NOLINTBEGIN(readability-identifier-naming)
    [[nodiscard]] bool Null() const { return put(JsonKind::null); }
    [[nodiscard]] bool Bool(bool value) const { return put(JsonKind::boolean, {}, value); }
    [[nodiscard]] bool RawNumber(const char* text, Size size, bool /*copy*/) const {
        return put(JsonKind::number, {text, size});
    }
    [[nodiscard]] bool String(const char* text, Size size, bool /*copy*/) const {
        return put(JsonKind::string, {text, size});
    }
    [[nodiscard]] bool Key(const char* text, Size size, bool copy) const {
        return String(text, size, copy);
    }
    [[nodiscard]] bool StartObject() const { return open(JsonKind::object); }
    [[nodiscard]] bool EndObject(Size /*members*/) const { return close(); }
    [[nodiscard]] bool StartArray() const { return open(JsonKind::array); }
    [[nodiscard]] bool EndArray(Size /*values*/) const { return close(); }
    // Numbers come as they are written, never as these.
    static bool Int(int /*value*/) { return false; }
    static bool Uint(unsigned /*value*/) { return false; }
    static bool Int64(std::int64_t /*value*/) { return false; }
    static bool Uint64(std::uint64_t /*value*/) { return false; }
    static bool Double(double /*value*/) { return false; }
    // NOLINTEND(readability-identifier-naming)
};

struct JsonTree::Parser {
    rapidjson::Reader reader;
};

JsonTree::JsonTree() : parser_(std::make_unique<Parser>()) {}

JsonTree::~JsonTree() = default;

void JsonTree::add(JsonKind kind, std::string_view text, bool truth) {
    nodes_.push_back({.kind = kind,
                      .truth = truth,
                      .size = static_cast<std::uint32_t>(text.size()),
                      .end = nodes_.size() + 1,
                      .text = text.data()});
}

std::optional<JsonFault> JsonTree::parse(char* text, std::size_t size) {
    constexpr unsigned kHow = rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseNanAndInfFlag;
    nodes_.clear();
    open_.clear();
    const char after = text[size];
    text[size] = '\0';
    rapidjson::InsituStringStream in(text);
    JsonEvents events{*this};
    const auto result = parser_->reader.Parse<kHow>(in, events);
    text[size] = after;
    if (result.IsError()) {
        return JsonFault{.byte = result.Offset(),
                         .what = in_sentence(rapidjson::GetParseError_En(result.Code()))};
    }
    if (in.Tell() < size) {  // RapidJSON takes a NUL for the end
        return JsonFault{.byte = in.Tell(), .what = "a NUL byte"};
    }
    return std::nullopt;
}

void JsonTree::set_string(std::string_view text) {
    nodes_.clear();
    add(JsonKind::string, text);
}

void JsonTree::set_object(const std::vector<std::string>& keys,
                          const std::vector<std::optional<std::string_view>>& values) {
    nodes_.clear();
    add(JsonKind::object);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        add(JsonKind::string, keys[i]);
        add(values[i] ? JsonKind::string : JsonKind::null, values[i].value_or(""));
    }
    nodes_.front().end = nodes_.size();
}

JsonKind JsonValue::kind() const {
    return tree_ == nullptr ? JsonKind::none : tree_->nodes_[index_].kind;
}

bool JsonValue::is_true() const {
    return kind() == JsonKind::boolean && tree_->nodes_[index_].truth;
}

std::string_view JsonValue::text() const {
    if (!is_string() && !is_number()) {
        return {};
    }
    const auto& node = tree_->nodes_[index_];
    return {node.text, node.size};
}

std::optional<std::int64_t> JsonValue::whole(std::int64_t most) const {
    const auto value = is_number() ? whole_number(text()) : std::nullopt;
    return value && *value <= most ? value : std::nullopt;
}

JsonValue JsonValue::first() const {
    if (!is_array() && !is_object()) {
        return {};
    }
    const std::size_t stop = tree_->nodes_[index_].end;
    const std::size_t child = index_ + (is_object() ? 2 : 1);  // after a key
    return child < stop ? JsonValue(*tree_, child, stop, is_object()) : JsonValue();
}

JsonValue JsonValue::next() const {
    if (tree_ == nullptr) {
        return {};
    }
    const std::size_t sibling = tree_->nodes_[index_].end + (in_object_ ? 1 : 0);
    return sibling < stop_ ? JsonValue(*tree_, sibling, stop_, in_object_) : JsonValue();
}

std::string_view JsonValue::key() const {
    if (!in_object_) {
        return {};
    }
    const auto& node = tree_->nodes_[index_ - 1];
    return {node.text, node.size};
}

JsonValue JsonValue::find(std::string_view key) const {
    if (!is_object()) {
        return {};
    }
    const auto& nodes = tree_->nodes_;
    const std::size_t stop = nodes[index_].end;
    std::size_t found = stop;
    for (std::size_t i = index_ + 1; i < stop; i = nodes[i + 1].end) {
        if (std::string_view(nodes[i].text, nodes[i].size) == key) {
            found = i + 1;
        }
    }
    if (found == stop || nodes[found].kind == JsonKind::null) {
        return {};
    }
    return {*tree_, found, stop, true};
}

JsonValue JsonValue::element(std::string_view number) const {
    auto index = whole_number(number);
    if (!is_array() || !index) {
        return {};
    }
    auto value = first();
    while (value && (*index)-- > 0) {
        value = value.next();
    }
    return value.kind() == JsonKind::null ? JsonValue() : value;
}

JsonValue JsonValue::at(std::string_view path) const {
    JsonValue value = *this;
    while (value) {
        const auto dot = std::min(path.find('.'), path.size());
        const auto whole = dot < path.size() ? value.find(path) : JsonValue();
        if (whole) {
            return whole;
        }
        const auto name = path.substr(0, dot);
        value = value.is_array() ? value.element(name) : value.find(name);
        if (dot == path.size()) {
            return value;
        }
        path.remove_prefix(dot + 1);
    }
    return {};
}

const char* JsonValue::kind_name() const {
    switch (kind()) {
        case JsonKind::none:
            return "none";
        case JsonKind::null:
            return "null";
        case JsonKind::boolean:
            return "boolean";
        case JsonKind::number:
            return "number";
        case JsonKind::string:
            return "string";
        case JsonKind::array:
            return "array";
        case JsonKind::object:
            return "object";
    }
    return "none";
}

std::string JsonValue::described() const {
    constexpr std::size_t kLongest = 60;
    const auto short_text = [](std::string_view text) {
        return text.size() > kLongest ? to_utf8(text.substr(0, kLongest)) + "…" : to_utf8(text);
    };
    switch (kind()) {
        case JsonKind::boolean:
            return is_true() ? "true" : "false";
        case JsonKind::number:
            return short_text(text());
        case JsonKind::string:
            return "\"" + short_text(text()) + "\"";
        case JsonKind::none:
        case JsonKind::null:
            return kind_name();
        default:
            return std::string("JSON of type ") + kind_name();
    }
}

}  // namespace otherwise
