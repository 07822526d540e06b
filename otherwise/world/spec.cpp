#include "otherwise/world/spec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/dense.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"prompt", "written", "all"};

[[noreturn]] void refuse(std::string expected, std::string_view came, std::string advice = {}) {
    misuse({.where = "parse_world",
            .expected = std::move(expected),
            .came = "‘" + std::string(came) + "’",
            .advice = std::move(advice)});
}

/// The types llama.cpp's -ctk and -ctv take.
std::vector<std::string> cache_types() {
    return {"f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"};
}

std::string kind_of(const ItemParts& parts) { return std::string(parts.form->kind); }

/// One of the known words, or a complaint with the nearest.
std::string known_word(const std::string& word, const std::vector<std::string>& known,
                       const std::string& what) {
    if (std::find(known.begin(), known.end(), word) == known.end()) {
        std::string list;
        for (const auto& name : known) {
            list += (list.empty() ? "" : " ") + name;
        }
        const auto near = nearest_name(word, known);
        refuse(what + ", one of " + list, word, near.empty() ? "" : "did you mean ‘" + near + "’?");
    }
    return word;
}

const std::string* find_option(const ItemParts& parts, std::string_view key) {
    for (const auto& [name, value] : parts.options) {
        if (name == key) {
            return &value;
        }
    }
    return nullptr;
}

Scope read_scope(const ItemParts& parts) {
    const std::string* word = find_option(parts, "scope");
    if (word == nullptr) {
        return Scope::all;
    }
    const std::vector<std::string> known(kScopes.begin(), kScopes.end());
    const std::string name = known_word(*word, known, "a scope");
    return static_cast<Scope>(std::find(kScopes.begin(), kScopes.end(), name) - kScopes.begin());
}

/// A number ≥ 0, as layers, positions and tokens are.
std::optional<int> read_count(std::string_view text) {
    const auto value = read_number<int>(text);
    return value && *value >= 0 && text[0] != '-' ? value : std::nullopt;
}

LayerRange read_layers(const ItemParts& parts) {
    const std::string* text = find_option(parts, "layers");
    if (text == nullptr) {
        return {};
    }
    const auto dash = text->find('-');
    const auto left = text->substr(0, dash);
    const auto right = dash == std::string::npos ? left : text->substr(dash + 1);
    const auto first = read_count(left);
    const auto last = read_count(right);
    const bool sound = (first || left.empty()) && (last || right.empty()) && (first || last);
    if (!sound || (first && last && *first > *last)) {
        refuse("layers as A-B, A- or -B with A ≤ B, or one layer", *text, "layers count from 0");
    }
    return {.first = first.value_or(-1), .last = last.value_or(-1)};
}

float read_scale(const ItemParts& parts) {
    if (!parts.scale) {
        return 1.0F;
    }
    const auto value = read_number<float>(*parts.scale);
    if (!value || !std::isfinite(*value)) {
        refuse("a finite scale for " + kind_of(parts), *parts.scale);
    }
    return *value;
}

/// The number of temp, top-p and min-p, which must lie between the bounds.
float read_setting(const ItemParts& parts, float low, float high, const std::string& what) {
    const auto value = read_number<float>(parts.argument);
    if (!value || !std::isfinite(*value) || *value < low || *value > high) {
        refuse(what, parts.argument);
    }
    return *value;
}

std::string read_path(const ItemParts& parts) {
    if (parts.argument.empty()) {
        refuse("a file after " + kind_of(parts) + ":", parts.argument);
    }
    return parts.argument;
}

/// The file, whole, without a byte-order mark and one newline at its end.
std::string read_file(const std::string& path, const std::string& kind) {
    const auto broken = [&](const std::string& what) {
        fail({.where = "parse_item",
              .expected = "a text file for " + kind + ":@FILE",
              .came = "‘" + path + "’, " + what,
              .advice = "for a text that starts with @, quote it: " + kind + ":\"@…\""});
    };
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        broken("which does not exist");
    }
    if (std::filesystem::is_directory(path, ignored)) {
        broken("which is a directory");
    }
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in) {
        broken("which cannot be read");
    }
    if (!is_utf8(text)) {
        broken("which is not UTF-8");
    }
    if (text.starts_with("\xEF\xBB\xBF")) {  // a byte-order mark
        text.erase(0, 3);
    }
    if (text.ends_with('\n')) {
        text.pop_back();
        text.erase(text.size() - (text.ends_with('\r') ? 1 : 0));
    }
    return text;
}

std::string read_text(const ItemParts& parts) {
    const std::string kind = kind_of(parts) + (parts.form->placed ? ":T" : "");
    if (!parts.literal && parts.argument.starts_with('@')) {
        return read_file(parts.argument.substr(1), kind);
    }
    if (!is_utf8(parts.argument)) {
        refuse("a text in UTF-8 after " + kind + ":", to_utf8(parts.argument));
    }
    return parts.argument;
}

std::string read_some_text(const ItemParts& parts) {
    auto text = read_text(parts);
    if (text.empty()) {
        refuse("a text that is not empty after " + kind_of(parts) + ":", parts.argument);
    }
    return text;
}

Tokens read_tokens(std::string_view text) {
    Tokens tokens;
    for (std::size_t i = 0; i < text.size();) {
        const auto start = text.find_first_not_of(" \t\r\n", i);
        if (start == std::string_view::npos) {
            break;
        }
        i = std::min(text.find_first_of(" \t\r\n", start), text.size());
        const auto word = text.substr(start, i - start);
        const auto token = read_count(word);
        if (!token) {
            refuse("token numbers from 0, between spaces", word);
        }
        tokens.push_back(*token);
    }
    return tokens;
}

Force read_force(const ItemParts& parts) {
    Force force;
    const auto position = read_count(parts.place);
    if (!position) {
        refuse("do:T:TEXT, T a position from 0", parts.place);
    }
    force.position = *position;
    force.text = read_some_text(parts);
    if (const std::string* as = find_option(parts, "as")) {
        known_word(*as, {"tokens"}, "as=tokens");
        force.tokens = read_tokens(std::exchange(force.text, {}));
        if (force.tokens.empty()) {
            refuse("at least one token number", parts.argument);
        }
    }
    return force;
}

int read_top_k(const ItemParts& parts) {
    const auto k = read_count(parts.argument);
    if (!k) {
        refuse("a top-k from 0 (0 is off)", parts.argument);
    }
    return *k;
}

// ---- back to text

std::string options_text(const std::vector<std::pair<std::string, std::string>>& options) {
    std::string text;
    for (const auto& [key, value] : options) {
        if (!value.empty()) {
            text.append(text.empty() ? "@" : ";").append(key).append("=").append(value);
        }
    }
    return text;
}

std::string scope_text(Scope scope) {
    return scope == Scope::all ? "" : std::string(kScopes.at(static_cast<std::size_t>(scope)));
}

std::string layers_text(const LayerRange& layers) {
    const auto end = [](int layer) { return layer < 0 ? "" : write_number(layer); };
    if (layers.first < 0 && layers.last < 0) {
        return "";
    }
    return layers.first == layers.last ? end(layers.first)
                                       : end(layers.first) + "-" + end(layers.last);
}

std::string scale_text(float scale) { return scale == 1.0F ? "" : ":" + write_number(scale); }

/// The argument, in quotes unless it is surely read the same without.
std::string argument_text(const std::string& argument) {
    const bool plain =
        !argument.empty() && argument.find_first_of("\",:;@\r\n") == std::string::npos;
    return plain ? argument : quote(argument);
}

/// "12 7 9"
std::string tokens_text(const Tokens& tokens) {
    std::string text;
    for (const Token token : tokens) {
        text += (text.empty() ? "" : " ") + write_number(token);
    }
    return text;
}

/// Writes an intervention as an item.
struct ItemWriter {
    std::string operator()(const UseModel& x) const { return "model:" + argument_text(x.path); }
    std::string operator()(const UseWeights& x) const { return "weights:" + x.type; }
    std::string operator()(const UseLora& x) const {
        return "lora:" + argument_text(x.path) + scale_text(x.scale) +
               options_text({{"scope", scope_text(x.scope)}});
    }
    std::string operator()(const Steer& x) const { return "steer:" + at_layers(x); }
    std::string operator()(const Ablate& x) const { return "ablate:" + at_layers(x); }
    std::string operator()(const Affine& x) const { return "affine:" + at_layers(x); }
    std::string operator()(const Heads& x) const { return "heads:" + at_layers(x); }
    std::string operator()(const Nudge& x) const {
        const Nudge usual;
        return "nudge:" + write_number(x.scale) +
               options_text({{"layers", layers_text(x.layers)},
                             {"scope", scope_text(x.scope)},
                             {"seed", x.seed == usual.seed ? "" : write_number(x.seed)}});
    }
    std::string operator()(const SystemPrompt& x) const {
        return "system:" + argument_text(x.text);
    }
    std::string operator()(const Prefix& x) const { return "prefix:" + argument_text(x.text); }
    std::string operator()(const Suffix& x) const { return "suffix:" + argument_text(x.text); }
    std::string operator()(const Force& x) const {
        const std::string head = "do:" + write_number(x.position) + ":";
        return x.tokens.empty() ? head + argument_text(x.text)
                                : head + tokens_text(x.tokens) + "@as=tokens";
    }
    std::string operator()(const SetTemperature& x) const {
        return "temp:" + write_number(x.value);
    }
    std::string operator()(const SetTopK& x) const { return "top-k:" + write_number(x.value); }
    std::string operator()(const SetTopP& x) const { return "top-p:" + write_number(x.value); }
    std::string operator()(const SetMinP& x) const { return "min-p:" + write_number(x.value); }
    std::string operator()(const CacheType& x) const {
        return (x.keys ? "ctk:" : "ctv:") + argument_text(x.type);
    }
    std::string operator()(const FlashAttention& x) const { return "fa:" + argument_text(x.mode); }

private:
    template <typename AtLayers>
    static std::string at_layers(const AtLayers& x) {
        return argument_text(x.path) + scale_text(x.scale) +
               options_text({{"layers", layers_text(x.layers)}, {"scope", scope_text(x.scope)}});
    }
};

/// What acts on states: FILE[:scale][@layers=…;scope=…].
template <typename AtLayers>
AtLayers read_at_layers(const ItemParts& parts) {
    return {.path = read_path(parts),
            .scale = read_scale(parts),
            .layers = read_layers(parts),
            .scope = read_scope(parts)};
}

/// nudge:SIZE[@layers=…;scope=…;seed=N]
Nudge read_nudge(const ItemParts& parts) {
    Nudge nudge{.scale = read_setting(parts, 0.0F, 1.0F, "the size of a nudge, from 0 to 1"),
                .layers = read_layers(parts),
                .scope = read_scope(parts)};
    if (const std::string* text = find_option(parts, "seed")) {
        const auto seed = read_count(*text);
        if (!seed) {
            refuse("a seed from 0", *text);
        }
        nudge.seed = *seed;
    }
    return nudge;
}

Intervention read_setting_item(const ItemParts& parts, std::string_view kind) {
    constexpr float kLargest = std::numeric_limits<float>::max();
    if (kind == "temp") {
        return SetTemperature{read_setting(parts, 0.0F, kLargest, "a temperature from 0")};
    }
    if (kind == "top-k") {
        return SetTopK{read_top_k(parts)};
    }
    if (kind == "top-p") {
        return SetTopP{read_setting(parts, std::numeric_limits<float>::denorm_min(), 1.0F,
                                    "a top-p above 0, up to 1 (1 is off)")};
    }
    if (kind == "min-p") {
        return SetMinP{read_setting(parts, 0.0F, 1.0F, "a min-p from 0 to 1 (0 is off)")};
    }
    if (kind == "ctk" || kind == "ctv") {
        return CacheType{.keys = kind == "ctk",
                         .type = known_word(parts.argument, cache_types(), "a cache type")};
    }
    if (kind == "weights") {
        return UseWeights{known_word(parts.argument, dense_types(), "weights")};
    }
    return FlashAttention{known_word(parts.argument, {"on", "off", "auto"}, "flash attention")};
}

}  // namespace

Intervention parse_item(std::string_view text) {
    const ItemParts parts = parse_parts(text);
    const auto kind = parts.form->kind;
    if (kind == "model") {
        return UseModel{read_path(parts)};
    }
    if (kind == "lora") {
        return UseLora{
            .path = read_path(parts), .scale = read_scale(parts), .scope = read_scope(parts)};
    }
    if (kind == "steer") {
        return read_at_layers<Steer>(parts);
    }
    if (kind == "ablate") {
        return read_at_layers<Ablate>(parts);
    }
    if (kind == "affine") {
        return read_at_layers<Affine>(parts);
    }
    if (kind == "heads") {
        return read_at_layers<Heads>(parts);
    }
    if (kind == "nudge") {
        return read_nudge(parts);
    }
    if (kind == "system") {
        return SystemPrompt{read_text(parts)};
    }
    if (kind == "prefix") {
        return Prefix{read_some_text(parts)};
    }
    if (kind == "suffix") {
        return Suffix{read_some_text(parts)};
    }
    if (kind == "do") {
        return read_force(parts);
    }
    return read_setting_item(parts, kind);
}

World parse_world(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        refuse("NAME=ITEM[,ITEM…]", text, "for example, hot=temp:1.5");
    }
    World world{.name = std::string(text.substr(0, equals)), .interventions = {}};
    check_world_name(world.name);
    const auto items = text.substr(equals + 1);
    if (items.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        refuse("at least one ITEM after NAME=", text, "for example, hot=temp:1.5");
    }
    for (const auto& item : split_items(items)) {
        world.interventions.push_back(parse_item(item));
    }
    return world;
}

std::string to_spec(const World& world) {
    std::string text;
    for (const auto& intervention : world.interventions) {
        text += (text.empty() ? "=" : ",") + std::visit(ItemWriter{}, intervention);
    }
    return world.name + (text.empty() ? "=" : text);
}

void check_world_name(std::string_view name) {
    const bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
    if (!sound) {
        refuse("a world's name of the letters A-Z a-z 0-9 _ . -", name);
    }
    if (name == "factual" || name == "null" || name == "edited" || name == "nudge" ||
        name.starts_with("nudge-")) {
        refuse("a name of your own for a world", name,
               "factual, null, nudge, nudge-… and edited are reserved");
    }
}

}  // namespace otherwise
