#include "otherwise/world/intervention.h"

#include <filesystem>
#include <string_view>

#include "otherwise/base/text.h"
#include "otherwise/world/syntax.h"

namespace otherwise {
namespace {

constexpr std::size_t kLongestText = 48;  ///< bytes of a text that are shown

std::string file_name(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

/// A text on one line, in quotes, cut where it is long.
std::string shown(const std::string& text) {
    std::size_t end = text.size();
    if (end > kLongestText) {
        end = kLongestText;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
            --end;
        }
    }
    std::string line;
    for (const char c : to_utf8(std::string_view(text).substr(0, end))) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "↵";
        } else if (byte < 0x20 || byte == 0x7F) {
            line += "\uFFFD";
        } else {
            line += c;
        }
    }
    return "“" + line + (end < text.size() ? "…”" : "”");
}

std::string shown(Scope scope) {
    switch (scope) {
        case Scope::prompt:
            return ", prompt";
        case Scope::written:
            return ", written";
        case Scope::all:
            break;
    }
    return "";
}

std::string shown(const LayerRange& layers) {
    if (layers.first < 0 && layers.last < 0) {
        return "";
    }
    if (layers.first == layers.last) {
        return ", layer " + write_number(layers.first);
    }
    if (layers.last < 0) {
        return ", layers from " + write_number(layers.first);
    }
    return layers.first < 0
               ? ", layers to " + write_number(layers.last)
               : ", layers " + write_number(layers.first) + "–" + write_number(layers.last);
}

std::string times(float scale) { return scale == 1.0F ? "" : " × " + write_number(scale); }

struct Describer {
    std::string operator()(const UseModel& x) const { return "model " + file_name(x.path); }
    std::string operator()(const UseWeights& x) const { return "weights as " + x.type; }
    std::string operator()(const UseLora& x) const {
        return "lora " + file_name(x.path) + times(x.scale) + shown(x.scope);
    }
    std::string operator()(const Steer& x) const { return "steer " + at_layers(x); }
    std::string operator()(const Ablate& x) const { return "ablate " + at_layers(x); }
    std::string operator()(const Affine& x) const { return "affine " + at_layers(x); }
    std::string operator()(const Heads& x) const { return "heads " + at_layers(x); }
    std::string operator()(const Nudge& x) const {
        return "nudge" + times(x.scale) + shown(x.layers) + shown(x.scope) +
               (x.seed == 0 ? "" : ", seed " + write_number(x.seed));
    }
    std::string operator()(const SystemPrompt& x) const { return "system " + shown(x.text); }
    std::string operator()(const Prefix& x) const { return "prefix " + shown(x.text); }
    std::string operator()(const Suffix& x) const { return "suffix " + shown(x.text); }
    std::string operator()(const Force& x) const {
        std::string what = x.tokens.empty() ? shown(x.text) : "tokens";
        for (const Token token : x.tokens) {
            what += " " + write_number(token);
        }
        return "do at " + write_number(x.position) + ": " + what;
    }
    std::string operator()(const SetTemperature& x) const {
        return "temperature " + write_number(x.value);
    }
    std::string operator()(const SetTopK& x) const { return "top-k " + write_number(x.value); }
    std::string operator()(const SetTopP& x) const { return "top-p " + write_number(x.value); }
    std::string operator()(const SetMinP& x) const { return "min-p " + write_number(x.value); }
    std::string operator()(const CacheType& x) const {
        return (x.keys ? "cached keys " : "cached values ") + x.type;
    }
    std::string operator()(const FlashAttention& x) const { return "flash attention " + x.mode; }

private:
    template <typename AtLayers>
    static std::string at_layers(const AtLayers& x) {
        return file_name(x.path) + times(x.scale) + shown(x.layers) + shown(x.scope);
    }
};

}  // namespace

std::string describe(const Intervention& intervention) {
    return std::visit(Describer{}, intervention);
}

std::string describe(const World& world) {
    std::string line;
    for (const auto& intervention : world.interventions) {
        line += (line.empty() ? "" : "; ") + describe(intervention);
    }
    return line.empty() ? world.name : world.name + ": " + line;
}

}  // namespace otherwise
