#include "otherwise/serve/start.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "otherwise/base/text.h"
#include "otherwise/base/version.h"
#include "otherwise/serve/limits.h"
#include "otherwise/world/kinds.h"
#include "otherwise/world/spec.h"

namespace otherwise::serve {
namespace {

using Json = nlohmann::ordered_json;

const char* word_of(Argument argument) {
    switch (argument) {
        case Argument::file:
            return "file";
        case Argument::text:
            return "text";
        case Argument::token:
            return "token";
        case Argument::number:
            return "number";
        case Argument::word:
            break;
    }
    return "word";
}

const char* word_of(Dose dose) {
    if (dose == Dose::none) {
        return "none";
    }
    return dose == Dose::scale ? "scale" : "setting";
}

Json kinds_json() {
    Json all = Json::array();
    for (const auto& kind : kinds()) {
        Json options = Json::array();
        for (const auto& option : kind.form.options) {
            options.push_back({{"key", option.key}, {"usage", option.usage}});
        }
        all.push_back({{"word", kind.words.word},
                       {"name", kind.words.name},
                       {"usage", kind.words.usage},
                       {"summary", kind.words.summary},
                       {"argument", word_of(kind.form.argument)},
                       {"placed", kind.form.placed},
                       {"scaled", kind.form.scaled},
                       {"dose", word_of(kind.dose)},
                       {"options", std::move(options)}});
    }
    return all;
}

/// An item in the parts that a page changes.
Json item_json(const Intervention& item) {
    const ItemParts parts = parse_parts(item_text(item));
    Json options = Json::object();
    for (const auto& [key, value] : parts.options) {
        options[key] = to_utf8(value);
    }
    return {{"kind", parts.form->kind},
            {"place", parts.place},
            {"argument", to_utf8(parts.argument)},
            {"literal", parts.literal},
            {"scale", parts.scale.value_or("")},
            {"options", std::move(options)}};
}

Json items_json(const World& world) {
    Json items = Json::array();
    for (const auto& item : world.interventions) {
        items.push_back(item_json(item));
    }
    return items;
}

/// As it is written, 0.6, and not as a double shows it, 0.60000002.
Json number(float value) { return Json::parse(write_number(value)); }

/// In quotes for a POSIX shell, where it needs them.
std::string shell(const std::string& text) {
    constexpr auto kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:=,@+-";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
        return text;
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

template <typename T>
void add(std::string& line, const char* flag, T value, T usual) {
    if (value != usual) {
        line += std::string(" ") + flag + " " + write_number(value);
    }
}

}  // namespace

std::string start_json(const Study& study, const std::string& model) {
    Json worlds = Json::array();
    for (const auto& world : study.worlds) {
        worlds.push_back({{"name", world.name}, {"items", items_json(world)}});
    }
    Json prompts = Json::array();
    for (const auto& prompt : study.prompts) {
        prompts.push_back(to_utf8(prompt));
    }
    Json strings = Json::array();
    for (const auto& string : study.strings) {
        strings.push_back({{"id", to_utf8(string.id)},
                           {"prompt", to_utf8(string.prompt.value_or(""))},
                           {"text", to_utf8(string.text.value_or(""))}});
    }
    return Json{{"version", OTHERWISE_VERSION},
                {"model", to_utf8(std::filesystem::path(model).filename().string())},
                {"prompts", std::move(prompts)},
                {"strings", std::move(strings)},
                {"worlds", std::move(worlds)},
                {"seed", study.seed},
                {"tokens", std::min(study.tokens, kTokens)},
                {"temperature", number(study.mechanism.temperature)},
                {"top_k", study.mechanism.top_k},
                {"top_p", number(study.mechanism.top_p)},
                {"min_p", number(study.mechanism.min_p)},
                {"kinds", kinds_json()},
                {"limits",
                 {{"prompts", kPrompts},
                  {"prompt_bytes", kPromptBytes},
                  {"worlds", kWorlds},
                  {"items", kItems},
                  {"tokens", kTokens},
                  {"sample", kSample},
                  {"top", kOutcomes}}}}
        .dump();
}

std::string files_json(const Folders& folders) {
    Json files = Json::array();
    for (const auto& file : folders.list()) {
        files.push_back({{"name", file.name}, {"bytes", file.bytes}});
    }
    return files.dump();
}

std::string command_line(const Study& study, int sample) {
    if (!study.strings.empty()) {
        return "otherwise run study.toml";
    }
    std::string line = "otherwise run";
    line += study.model.empty() ? "" : " -m " + shell(study.model);
    for (const auto& prompt : study.prompts) {
        line += " -p " + shell(prompt);
    }
    for (const auto& world : study.worlds) {
        line += " --world " + shell(to_spec(world));
    }
    const Study usual;
    add(line, "-n", study.tokens, usual.tokens);
    add(line, "--seed", study.seed, usual.seed);
    add(line, "--samples", sample + 1, usual.samples);
    add(line, "--temp", study.mechanism.temperature, usual.mechanism.temperature);
    add(line, "--top-k", study.mechanism.top_k, usual.mechanism.top_k);
    add(line, "--top-p", study.mechanism.top_p, usual.mechanism.top_p);
    add(line, "--min-p", study.mechanism.min_p, usual.mechanism.min_p);
    return line;
}

}  // namespace otherwise::serve
