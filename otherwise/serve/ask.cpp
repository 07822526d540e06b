#include "otherwise/serve/ask.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/serve/limits.h"
#include "otherwise/world/kinds.h"
#include "otherwise/world/spec.h"
#include "otherwise/world/syntax.h"

namespace otherwise::serve {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& expected, const std::string& came) {
    misuse({.where = "read_ask", .expected = expected, .came = to_utf8(came)});
}

std::string shown(const Json& value) {
    constexpr std::size_t kShown = 40;
    std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > kShown) {
        text = text.substr(0, kShown) + "…";
    }
    return text;
}

/// Nested no deeper than a request of ours.
Json parse(const std::string& body) {
    bool deep = false;
    const auto shallow = [&](int depth, Json::parse_event_t event, Json& /*value*/) {
        const bool opens =
            event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        deep = deep || (opens && depth > kJsonDepth);
        return !deep;
    };
    Json json = Json::parse(body, shallow, false);
    if (deep || json.is_discarded() || !json.is_object()) {
        refuse("a JSON object", deep ? "one nested too deeply" : "none");
    }
    return json;
}

/// "a world (items, name)"
std::string listed(const std::string& what, const std::set<std::string>& names) {
    std::string all;
    for (const auto& name : names) {
        all += all.empty() ? "" : ", ";
        all += name;
    }
    return what + " (" + all + ")";
}

/// An object whose keys are each known and taken by type.
class Fields {
public:
    Fields(const Json& object, const std::string& what, const std::set<std::string>& known)
        : object_(object), what_(what) {
        if (!object.is_object()) {
            refuse("an object for " + what, shown(object));
        }
        for (const auto& [key, value] : object.items()) {
            if (!known.contains(key)) {
                refuse("keys of " + listed(what, known), "'" + key.substr(0, 60) + "'");
            }
        }
    }

    [[nodiscard]] const Json* find(const char* key) const {
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }
    void text(const char* key, std::size_t most, std::string& to) const {
        if (const Json* value = find(key)) {
            if (!value->is_string() || value->get_ref<const std::string&>().size() > most) {
                refuse(named(key) + ", a text of at most " + std::to_string(most) + " bytes",
                       value->is_string() ? "a longer one" : shown(*value));
            }
            to = value->get<std::string>();
        }
    }
    template <typename Whole>
    void whole(const char* key, Whole low, Whole high, Whole& to) const {
        if (const Json* value = find(key)) {
            const bool fits = value->is_number_unsigned() &&
                              value->get<std::uint64_t>() <= static_cast<std::uint64_t>(high) &&
                              value->get<std::uint64_t>() >= static_cast<std::uint64_t>(low);
            if (!fits) {
                refuse(named(key) + ", a whole number from " + std::to_string(low) + " to " +
                           std::to_string(high),
                       shown(*value));
            }
            to = static_cast<Whole>(value->get<std::uint64_t>());
        }
    }
    void real(const char* key, float& to) const {
        if (const Json* value = find(key)) {
            if (!value->is_number()) {
                refuse(named(key) + ", a number", shown(*value));
            }
            to = value->get<float>();
        }
    }
    [[nodiscard]] bool flag(const char* key) const {
        const Json* value = find(key);
        if (value != nullptr && !value->is_boolean()) {
            refuse(named(key) + ", true or false", shown(*value));
        }
        return value != nullptr && value->get<bool>();
    }
    /// The elements of an array; none where it is missing.
    [[nodiscard]] std::vector<Json> list(const char* key, std::size_t most) const {
        const Json* value = find(key);
        if (value == nullptr) {
            return {};
        }
        if (!value->is_array() || value->size() > most) {
            refuse(named(key) + ", an array of at most " + std::to_string(most),
                   value->is_array() ? std::to_string(value->size()) : shown(*value));
        }
        return *value;
    }

private:
    [[nodiscard]] std::string named(const char* key) const {
        return "'" + std::string(key) + "' of " + what_;
    }

    const Json& object_;
    std::string what_;
};

const std::set<std::string> kKeys = {"session", "prompts",   "strings", "worlds",      "null",
                                     "seed",    "sample",    "tokens",  "temperature", "top_k",
                                     "top_p",   "min_p",     "string",  "position",    "top",
                                     "sweep",   "threshold", "targets"};

void read_prompts(const Fields& fields, Study& study) {
    for (const auto& prompt : fields.list("prompts", kPrompts)) {
        if (!prompt.is_string() || prompt.get_ref<const std::string&>().size() > kPromptBytes) {
            refuse("prompts that are texts of at most " + std::to_string(kPromptBytes) + " bytes",
                   prompt.is_string() ? "a longer one" : shown(prompt));
        }
        study.prompts.push_back(prompt.get<std::string>());
    }
    std::set<std::string> ids;
    for (const auto& one : fields.list("strings", kPrompts)) {
        const Fields given(one, "a string", {"id", "prompt", "text", "ended"});
        InputString string;
        std::string prompt;
        std::string text;
        string.id = std::to_string(study.strings.size() + 1);
        given.text("id", 100, string.id);
        given.text("prompt", kPromptBytes, prompt);
        given.text("text", kPromptBytes, text);
        string.prompt = prompt;
        if (given.find("text") != nullptr) {
            string.text = text;
        }
        string.ended = given.flag("ended");
        if (!ids.insert(string.id).second) {
            refuse("an id for each string", "'" + string.id + "' twice");
        }
        study.strings.push_back(std::move(string));
    }
    if (study.prompts.empty() == study.strings.empty()) {
        refuse("prompts or strings", study.prompts.empty() ? "neither" : "both");
    }
}

void read_worlds(const Fields& fields, const Folders& folders, Study& study) {
    std::set<std::string> names;
    for (const auto& one : fields.list("worlds", kWorlds)) {
        const Fields given(one, "a world", {"name", "items"});
        std::string name;
        std::string items;
        given.text("name", 100, name);
        given.text("items", kItemBytes, items);
        if (!names.insert(name).second) {
            refuse("a name for each world", "'" + name + "' twice");
        }
        study.worlds.push_back(read_world(name, items, folders));
    }
}

}  // namespace

World read_world(const std::string& name, std::string_view items, const Folders& folders) {
    check_world_name(name);
    World world{.name = name, .interventions = {}};
    const auto parts = split_items(items);
    if (items.find_first_not_of(" \t\r\n") == std::string_view::npos || parts.size() > kItems) {
        refuse("a world of 1 to " + std::to_string(kItems) + " items",
               parts.size() > kItems ? std::to_string(parts.size()) : "none");
    }
    for (const auto& item : parts) {
        const ItemParts form = parse_parts(item);
        if (form.form->takes_text() && !form.literal && form.argument.starts_with('@')) {
            refuse("a text itself, which no page reads from a file", "'" + item + "'");
        }
        Intervention made = parse_item(item);
        const auto file_in = kind_of(made).file;
        if (std::string* file = file_in == nullptr ? nullptr : file_in(made)) {
            *file = folders.resolve(*file);
        }
        world.interventions.push_back(std::move(made));
    }
    return world;
}

Ask read_ask(const std::string& body, const Study& base, const Folders& folders) {
    const Json json = parse(body);
    const Fields fields(json, "the request", kKeys);
    Ask ask{.session = {}, .study = base, .string = {}, .sweep = {}, .threshold = {}};
    Study& study = ask.study;
    study.prompts.clear();
    study.strings.clear();
    study.file.clear();
    study.worlds.clear();
    study.targets.clear();
    fields.text("session", 64, ask.session);
    read_prompts(fields, study);
    read_worlds(fields, folders, study);
    study.null_strings = fields.flag("null") ? FloorStrings::all : FloorStrings::none;
    study.nudge_strings = FloorStrings::none;
    fields.whole<std::uint64_t>("seed", 0, std::numeric_limits<std::uint64_t>::max(), study.seed);
    fields.whole("sample", 0, kSample, ask.sample);
    fields.whole("tokens", 1, kTokens, study.tokens);
    fields.real("temperature", study.mechanism.temperature);
    fields.whole("top_k", 0, std::numeric_limits<int>::max(), study.mechanism.top_k);
    fields.real("top_p", study.mechanism.top_p);
    fields.real("min_p", study.mechanism.min_p);
    fields.text("string", 100, ask.string);
    fields.whole("position", 0, kTokens, ask.position);
    fields.whole("top", 1, kOutcomes, ask.top);
    fields.text("sweep", 200, ask.sweep);
    fields.text("threshold", 200, ask.threshold);
    for (const auto& target : fields.list("targets", kTargets)) {
        if (!target.is_string() || target.get_ref<const std::string&>().size() > kItemBytes) {
            refuse("targets that are texts", shown(target));
        }
        study.targets.push_back(target.get<std::string>());
    }
    return ask;
}

}  // namespace otherwise::serve
