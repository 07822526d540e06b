// Reads study files. Every complaint names the file and the line.
#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/setting.h"
#include "otherwise/base/text.h"
#include "otherwise/base/whole_file.h"
#include "otherwise/model/context.h"
#include "otherwise/model/flash_attention.h"
#include "otherwise/study/key_depth.h"
#include "otherwise/study/study.h"
#include "otherwise/study/study_items.h"
#include "otherwise/study/study_value.h"
#include "otherwise/study/study_values.h"
#include "otherwise/world/spec.h"

namespace otherwise {
namespace {

constexpr std::int64_t kMany = std::int64_t{1} << 20;
constexpr double kLeastTopP = 1e-6;

/// A key of a table and what it sets.
template <typename Target>
struct Key {
    const char* name;
    void (*read)(const StudyValue& value, Target& target);
};

FloorStrings read_floor(const StudyValue& value) {
    if (value.node().is_boolean()) {
        return value.flag() ? FloorStrings::all : FloorStrings::none;
    }
    const auto word = value.word({"some", "all", "none"});
    if (word == "some") {
        return FloorStrings::some;
    }
    return word == "all" ? FloorStrings::all : FloorStrings::none;
}

const Key<Study> kStudyKeys[] = {
    {"model", [](const StudyValue& v, Study& s) { s.model = v.text(); }},
    {"factual", [](const StudyValue& v, Study& s) { s.factual = v.items(); }},
    {"temp",
     [](const StudyValue& v, Study& s) { s.mechanism.temperature = v.real(0.0, HUGE_VAL); }},
    {"top-k", [](const StudyValue& v, Study& s) { s.mechanism.top_k = v.count(0); }},
    {"top-p", [](const StudyValue& v, Study& s) { s.mechanism.top_p = v.real(kLeastTopP, 1.0); }},
    {"min-p", [](const StudyValue& v, Study& s) { s.mechanism.min_p = v.real(0.0, 1.0); }},
    {"chat", [](const StudyValue& v, Study& s) { s.chat = v.flag(); }},
    {"system", [](const StudyValue& v, Study& s) { s.system = v.text(); }},
    {"chat-template", [](const StudyValue& v, Study& s) { s.chat_template = v.text(); }},
    {"chat-date", [](const StudyValue& v, Study& s) { s.chat_date = v.day(); }},
    {"chat-clock", [](const StudyValue& v, Study& s) { s.chat_clock = v.day(); }},
    {"flash-attn",
     [](const StudyValue& v, Study& s) { s.flash_attention = v.word(flash_attention_names()); }},
    {"cache-type-k",
     [](const StudyValue& v, Study& s) { s.cache_keys = v.word(cache_type_names()); }},
    {"cache-type-v",
     [](const StudyValue& v, Study& s) { s.cache_values = v.word(cache_type_names()); }},
    {"gpu-layers", [](const StudyValue& v, Study& s) { s.gpu_layers = v.count(-1); }},
    {"no-repack", [](const StudyValue& v, Study& s) { s.no_repack = v.flag(); }},
    {"ctx-size", [](const StudyValue& v, Study& s) { s.context = v.count(0); }},
    {"vocab", [](const StudyValue& v, Study& s) { s.vocabulary = v.word({"normal", "strict"}); }},
    {"fast", [](const StudyValue& v, Study& s) { s.fast = v.flag(); }},
    {"prompt", [](const StudyValue& v, Study& s) { s.prompts = v.texts(); }},
    {"file", [](const StudyValue& v, Study& s) { s.file = v.text(); }},
    {"limit", [](const StudyValue& v, Study& s) { s.limit = v.count(1); }},
    {"prompt-field", [](const StudyValue& v, Study& s) { s.fields.prompt = v.text(); }},
    {"text-field", [](const StudyValue& v, Study& s) { s.fields.text = v.text(); }},
    {"id-field", [](const StudyValue& v, Study& s) { s.fields.id = v.text(); }},
    {"prompt-words", [](const StudyValue& v, Study& s) { s.prompt_words = v.count(1); }},
    {"prompt-tokens", [](const StudyValue& v, Study& s) { s.prompt_tokens = v.count(1); }},
    {"skip-impossible", [](const StudyValue& v, Study& s) { s.skip_impossible = v.flag(); }},
    {"seed", [](const StudyValue& v, Study& s) { s.seed = v.seed(); }},
    {"samples", [](const StudyValue& v, Study& s) { s.samples = v.count(1, kMany); }},
    {"predict", [](const StudyValue& v, Study& s) { s.tokens = v.count(1, kMany); }},
    {"null", [](const StudyValue& v, Study& s) { s.null_strings = read_floor(v); }},
    {"nudge", [](const StudyValue& v, Study& s) { s.nudge_strings = read_floor(v); }},
    {"independent", [](const StudyValue& v, Study& s) { s.independent = v.flag(); }},
    {"stop-at-divergence", [](const StudyValue& v, Study& s) { s.stop_at_divergence = v.flag(); }},
    {"target", [](const StudyValue& v, Study& s) { s.targets = v.texts(); }},
    {"off-target", [](const StudyValue& v, Study& s) { s.off_targets = v.texts(); }},
    {"law", [](const StudyValue& v, Study& s) { s.laws = v.flag(); }},
};

const Key<InputString> kStringKeys[] = {
    {"id", [](const StudyValue& v, InputString& s) { s.id = v.text(); }},
    {"prompt", [](const StudyValue& v, InputString& s) { s.prompt = v.text(); }},
    {"prompt_tokens", [](const StudyValue& v, InputString& s) { s.prompt_tokens = v.tokens(); }},
    {"donor", [](const StudyValue& v, InputString& s) { s.donor = v.text(); }},
    {"text", [](const StudyValue& v, InputString& s) { s.text = v.text(); }},
    {"tokens", [](const StudyValue& v, InputString& s) { s.tokens = v.tokens(); }},
    {"ended", [](const StudyValue& v, InputString& s) { s.ended = v.flag(); }},
};

/// Words of flags that are no part of a study.
constexpr const char* kFlagsOnly[] = {"threads", "parallel", "memory", "ubatch-size"};

/// Words of elsewhere for keys of a study.
constexpr std::pair<const char*, const char*> kOtherWords[] = {
    {"n", "predict"}, {"tokens", "predict"}, {"n-predict", "predict"}, {"max-tokens", "predict"}};

std::string known_word(const std::string& name, std::span<const std::string> names) {
    for (const auto& [other, known] : kOtherWords) {
        if (name == other && std::ranges::find(names, known) != names.end()) {
            return known;
        }
    }
    return nearest_name(name, names);
}

/// The key that a setting is in a study file: `top_k`, and `tokens`, which a record may have.
std::string key_name(std::string setting) {
    std::ranges::replace(setting, '_', '-');
    return setting == "tokens" ? "predict" : setting;
}
std::string setting_name(std::string key) {
    std::ranges::replace(key, '-', '_');
    return key == "predict" ? "tokens" : key;
}

/// The setting that was meant: a word of elsewhere, or the nearest name.
std::string known_setting(const std::string& given, std::vector<std::string> keys) {
    for (const auto& [other, known] : kOtherWords) {
        if (key_name(given) == other) {
            return setting_name(known);
        }
    }
    std::ranges::transform(keys, keys.begin(), setting_name);
    return nearest_name(given, keys);
}

/// The key of the table, or a complaint with the nearest.
template <typename Target, std::size_t N>
const Key<Target>& find_key(const Key<Target> (&keys)[N], const toml::key& key,
                            const std::string& source, const char* what) {
    const std::string given(key.str());
    const std::string name = source.empty() ? key_name(given) : given;
    const auto found =
        std::ranges::find_if(keys, [&](const auto& known) { return name == known.name; });
    if (found != std::end(keys)) {
        return *found;
    }
    std::vector<std::string> names{"worlds", "strings"};
    std::ranges::transform(keys, std::back_inserter(names), &Key<Target>::name);
    if (source.empty()) {
        const auto near = known_setting(given, names);
        misuse({.where = "with_values",
                .expected = "a setting",
                .came = setting(given),
                .advice = near.empty() ? "" : "did you mean " + setting(near) + "?"});
    }
    const auto near = known_word(name, names);
    std::string advice = near.empty() ? "" : "did you mean '" + near + "'?";
    if (std::ranges::find(kFlagsOnly, name) != std::end(kFlagsOnly)) {
        advice = "it changes no result, so give it as a flag";
    }
    misuse({.where = "parse_study",
            .expected = std::string("a key of ") + what,
            .came = "'" + name + "'" + place(source, key.source()),
            .advice = advice});
}

void read_strings_of(const toml::node& node, const std::string& source, Study& study) {
    const auto* array = node.as_array();
    if (array == nullptr) {
        StudyValue("strings", node, source).refuse("tables [[strings]]");
    }
    std::set<std::string> ids;
    for (const auto& entry : *array) {
        const StudyValue value("strings", entry, source);
        if (!entry.is_table()) {
            value.refuse("tables [[strings]]");
        }
        InputString string;
        for (const auto& [key, field] : *entry.as_table()) {
            find_key(kStringKeys, key, source, "a string")
                .read(StudyValue(std::string(key.str()), field, source), string);
        }
        if (string.id.empty()) {
            string.id = std::to_string(study.strings.size() + 1);
        }
        if (!string.prompt && !string.prompt_tokens) {
            value.refuse("a prompt for each string", "none for '" + string.id + "'");
        }
        if (string.text && string.tokens) {
            value.refuse("text or tokens for a string", "both for '" + string.id + "'");
        }
        if (!ids.insert(string.id).second) {
            value.refuse("an id of its own for each string", "'" + string.id + "' again");
        }
        study.strings.push_back(std::move(string));
    }
}

/// The node with the items of a world's table, which may be one item itself.
const toml::node* items_of(const std::string& world, const toml::table& table,
                           const std::string& source) {
    if (names_kind(table)) {
        return &table;
    }
    for (const auto& [field, value] : table) {
        if (field.str() != "items") {
            const std::vector<std::string> names{"items"};
            const bool near = !nearest_name(field.str(), names).empty();
            misuse(
                {.where = "parse_study",
                 .expected = "items of world '" + world + "'",
                 .came =
                     "the key '" + std::string(field.str()) + "'" + place(source, field.source()),
                 .advice = near ? "did you mean 'items'?" : "for example, items = [\"temp:1.5\"]"});
        }
    }
    const toml::node* items = table.get("items");
    if (items == nullptr) {
        StudyValue("worlds." + world, table, source).refuse("items = [\"ITEM\", …]", "none");
    }
    return items;
}

World read_world(const toml::key& key, const toml::node& node, const std::string& source) {
    World world{.name = std::string(key.str()), .interventions = {}};
    if (world.name != "edited") {  // as --lora and --control-vector make it
        with_place(source, key.source(), [&] { check_world_name(world.name); });
    }
    const toml::node* items = &node;
    if (const auto* table = node.as_table()) {
        items = items_of(world.name, *table, source);
    }
    world.interventions = read_items("worlds." + world.name, *items, source);
    return world;
}

void read_worlds_of(const toml::node& node, const std::string& source, Study& study) {
    const auto* table = node.as_table();
    if (table == nullptr) {
        StudyValue("worlds", node, source).refuse("a table [worlds] or tables [worlds.NAME]");
    }
    std::vector<std::pair<toml::source_position, World>> worlds;
    for (const auto& [key, value] : *table) {
        worlds.emplace_back(key.source().begin, read_world(key, value, source));
    }
    std::ranges::stable_sort(worlds, [](const auto& a, const auto& b) {
        return std::pair(a.first.line, a.first.column) < std::pair(b.first.line, b.first.column);
    });
    for (auto& [position, world] : worlds) {
        study.worlds.push_back(std::move(world));
    }
}

toml::table parse_toml(std::string_view text, const std::string& source) {
    if (!is_utf8(text)) {
        fail({.where = "parse_study",
              .expected = "a study in TOML",
              .came = "'" + source + "', which is not UTF-8"});
    }
    constexpr std::size_t kDots = 16;  // of ours two
    if (key_depth(text) > kDots) {
        misuse(
            {.where = "parse_study",
             .expected = "a study in TOML, with keys of at most " + std::to_string(kDots) + " dots",
             .came = "one of more in '" + source + "'"});
    }
    const auto line_of = [&](std::size_t at) {
        return std::to_string(1 + std::ranges::count(text.substr(0, at), '\n')) + " of '" + source +
               "'";
    };
    if (const auto at = broken_time(text); at < text.size()) {
        misuse({.where = "parse_study",
                .expected = "a study in TOML",
                .came = "a date whose time is none in line " + line_of(at)});
    }
    if (const auto at = foreign_letter(text); at < text.size()) {
        misuse({.where = "parse_study",
                .expected = "a study in TOML, with letters beyond ASCII in quotes",
                .came = "one outside of them in line " + line_of(at)});
    }
    try {
        return toml::parse(text, source);
    } catch (const toml::parse_error& error) {
        misuse(
            {.where = "parse_study",
             .expected = "a study in TOML",
             .came = "'" + std::string(error.description()) + "'" + place(source, error.source())});
    }
}

/// The keys into the study. Without a source they are settings, named as such.
void put_values(const toml::table& table, const std::string& source, Study& study) {
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        if (name == "worlds") {
            read_worlds_of(node, source, study);
        } else if (name == "strings") {
            read_strings_of(node, source, study);
        } else {
            const auto& known = find_key(kStudyKeys, key, source, "a study");
            known.read(StudyValue(source.empty() ? setting(name) : name, node, source), study);
        }
    }
}

}  // namespace

Study parse_study(std::string_view text, const std::string& source) {
    Study study;
    put_values(parse_toml(text, source), source, study);
    return study;
}

Study with_values(Study study, std::string_view text) {
    put_values(parse_toml(text, ""), "", study);
    return study;
}

Study read_study(const std::filesystem::path& path) {
    return parse_study(whole_file(path.string(), "a study file (study.toml)"), path.string());
}

}  // namespace otherwise
