#include "otherwise/world/kinds.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "otherwise/model/context.h"
#include "otherwise/model/dense.h"
#include "otherwise/model/flash_attention.h"
#include "otherwise/world/kind_parts.h"

namespace otherwise {
namespace {

using namespace parts;

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kLeast = std::numeric_limits<float>::denorm_min();

struct NudgeSize {
    static constexpr auto what = "the size of a nudge, from 0 to 1";
    static constexpr float low = 0.0F;
    static constexpr float high = 1.0F;
    static constexpr Dose dose = Dose::scale;
};
struct Temperature {
    static constexpr auto what = "a temperature from 0";
    static constexpr float low = 0.0F;
    static constexpr float high = kLargest;
    static constexpr Dose dose = Dose::setting;
};
struct TopP {
    static constexpr auto what = "a top-p above 0, up to 1 (1 is off)";
    static constexpr float low = kLeast;
    static constexpr float high = 1.0F;
    static constexpr Dose dose = Dose::setting;
};
struct MinP {
    static constexpr auto what = "a min-p from 0 to 1 (0 is off)";
    static constexpr float low = 0.0F;
    static constexpr float high = 1.0F;
    static constexpr Dose dose = Dose::setting;
};
struct TopK {
    static constexpr auto what = "a top-k from 0 (0 is off)";
};
struct CacheTypes {
    static constexpr auto what = "a cache type";
    static std::vector<std::string> all() { return cache_type_names(); }
};
struct Attention {
    static constexpr auto what = "flash attention";
    static std::vector<std::string> all() { return flash_attention_names(); }
};
struct DenseTypes {
    static constexpr auto what = "weights";
    static std::vector<std::string> all() { return dense_types(); }
};

/// The row of each alternative; one without does not compile.
template <typename T>
Kind row_of() = delete;

template <>
Kind row_of<UseModel>() {
    return row<UseModel, File<&UseModel::path>>(
        {.word = "model",
         .name = "model",
         .usage = "FILE",
         .summary = "another model file with the same vocabulary"});
}

template <>
Kind row_of<UseLora>() {
    return row<UseLora, File<&UseLora::path>, Scale<&UseLora::scale>, InScope<&UseLora::scope>>(
        {.word = "lora", .name = "lora", .usage = "FILE[:SCALE]", .summary = "a LoRA adapter"});
}

/// Of those that act on states by a file.
template <typename T>
Kind at_layers(const KindWords& words) {
    return row<T, File<&T::path>, Scale<&T::scale>, Layers<&T::layers>, InScope<&T::scope>>(words);
}

template <>
Kind row_of<Steer>() {
    return at_layers<Steer>({.word = "steer",
                             .name = "steer",
                             .usage = "FILE[:SCALE]",
                             .summary = "a control vector, added to the residual stream"});
}

template <>
Kind row_of<Ablate>() {
    return at_layers<Ablate>({.word = "ablate",
                              .name = "ablate",
                              .usage = "FILE[:SCALE]",
                              .summary = "its directions, taken out of the residual stream"});
}

template <>
Kind row_of<Affine>() {
    return at_layers<Affine>({.word = "affine",
                              .name = "affine",
                              .usage = "FILE[:SCALE]",
                              .summary = "states mapped by x + scale (W x + b - x), from a file"});
}

template <>
Kind row_of<Heads>() {
    return at_layers<Heads>({.word = "heads",
                             .name = "heads",
                             .usage = "FILE[:SCALE]",
                             .summary = "attention heads shifted, from a file"});
}

template <>
Kind row_of<Patch>() {
    return row<Patch, Donor, SiteNode<&Patch::site>, NeededLayers<&Patch::layers>,
               Rows<&Patch::rows>>(
        {.word = "patch",
         .name = "patch",
         .usage = "[TEXT]",
         .summary = "states of rows of the prompt taken from the prompt TEXT, else from the "
                    "\"donor\" of each record"});
}

template <>
Kind row_of<Nudge>() {
    return row<Nudge, Number<&Nudge::scale, NudgeSize>, Layers<&Nudge::layers>,
               InScope<&Nudge::scope>, Seed<&Nudge::seed>>(
        {.word = "nudge",
         .name = "nudge",
         .usage = "SIZE",
         .summary = "states times 1 + SIZE or 1 - SIZE: a change of no meaning, whose effect is "
                    "rounding"});
}

template <>
Kind row_of<SystemPrompt>() {
    return row<SystemPrompt, Text<&SystemPrompt::text, Empty::allowed>>(
        {.word = "system",
         .name = "system",
         .usage = "TEXT",
         .summary = "another system message of chats"});
}

template <>
Kind row_of<Prefix>() {
    return row<Prefix, Text<&Prefix::text>>({.word = "prefix",
                                             .name = "prefix",
                                             .usage = "TEXT",
                                             .summary = "more text before each prompt"});
}

template <>
Kind row_of<Suffix>() {
    return row<Suffix, Text<&Suffix::text>>({.word = "suffix",
                                             .name = "suffix",
                                             .usage = "TEXT",
                                             .summary = "more text after each prompt"});
}

template <>
Kind row_of<Force>() {
    return row<Force, Forced>({.word = "do",
                               .name = "do",
                               .usage = "T:TEXT",
                               .summary = "TEXT forced at position T of what is written, from 0"});
}

template <>
Kind row_of<Bias>() {
    return row<Bias, Biased>({.word = "bias",
                              .name = "bias",
                              .usage = "TOKEN:X",
                              .summary = "X nats added to the logit of one token, a number or a "
                                         "text, before the mechanism; off forbids it"});
}

template <>
Kind row_of<SetTemperature>() {
    return row<SetTemperature, Number<&SetTemperature::value, Temperature>>(
        {.word = "temp",
         .name = "temperature",
         .usage = "X",
         .summary = "another temperature; 0 is greedy"});
}

template <>
Kind row_of<SetTopK>() {
    return row<SetTopK, Count<&SetTopK::value, TopK>>(
        {.word = "top-k",
         .name = "top-k",
         .usage = "N",
         .summary = "the N likeliest tokens alone; 0 is off"});
}

template <>
Kind row_of<SetTopP>() {
    return row<SetTopP, Number<&SetTopP::value, TopP>>(
        {.word = "top-p",
         .name = "top-p",
         .usage = "X",
         .summary = "the likeliest tokens that make up X; 1 is off"});
}

template <>
Kind row_of<SetMinP>() {
    return row<SetMinP, Number<&SetMinP::value, MinP>>(
        {.word = "min-p",
         .name = "min-p",
         .usage = "X",
         .summary = "tokens of at least X of the likeliest one; 0 is off"});
}

template <>
Kind row_of<CacheKeys>() {
    return row<CacheKeys, Word<&CacheKeys::type, CacheTypes>>(
        {.word = "ctk",
         .name = "cached keys",
         .usage = "TYPE",
         .summary = "another type of the cached keys"});
}

template <>
Kind row_of<CacheValues>() {
    return row<CacheValues, Word<&CacheValues::type, CacheTypes>>(
        {.word = "ctv",
         .name = "cached values",
         .usage = "TYPE",
         .summary = "another type of the cached values"});
}

template <>
Kind row_of<FlashAttention>() {
    return row<FlashAttention, Word<&FlashAttention::mode, Attention>>(
        {.word = "fa",
         .name = "flash attention",
         .usage = "on|off|auto",
         .summary = "another attention"});
}

template <>
Kind row_of<UseWeights>() {
    return row<UseWeights, Word<&UseWeights::type, DenseTypes>>(
        {.word = "weights",
         .name = "weights as",
         .usage = "f16|bf16|f32",
         .summary = "its own weights without 8-bit arithmetic, in memory"});
}

template <typename... T>
std::vector<Kind> rows_of(std::type_identity<std::variant<T...>> /*all*/) {
    return {row_of<T>()...};
}

}  // namespace

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> table = rows_of(std::type_identity<Intervention>{});
    return table;
}

const Kind& kind_of(const Intervention& item) { return kinds().at(item.index()); }

const Kind* find_kind(std::string_view word) {
    const auto& all = kinds();
    const auto found =
        std::ranges::find_if(all, [&](const Kind& kind) { return kind.words.word == word; });
    return found == all.end() ? nullptr : &*found;
}

std::string item_text(const Intervention& item) {
    const Kind& kind = kind_of(item);
    const ItemText parts = kind.write(item);
    std::string text = std::string(kind.words.word) + ":";
    text += kind.form.placed ? parts.place + ":" : "";
    text += parts.argument + parts.scale;
    char mark = '@';
    for (const auto& [key, value] : parts.options) {
        if (!value.empty()) {
            text.append(1, std::exchange(mark, ';')).append(key).append("=").append(value);
        }
    }
    return text;
}

std::string describe(const Intervention& intervention) {
    const Kind& kind = kind_of(intervention);
    return std::string(kind.words.name) + kind.show(intervention);
}

std::string describe(const World& world) {
    std::string line;
    for (const auto& intervention : world.interventions) {
        line += (line.empty() ? "" : "; ") + describe(intervention);
    }
    return line.empty() ? world.name : world.name + ": " + line;
}

std::string* file_of(Intervention& intervention) {
    const Kind& kind = kind_of(intervention);
    return kind.file == nullptr ? nullptr : kind.file(intervention);
}

const std::string* file_of(const Intervention& intervention) {
    // The row's accessor only looks.
    return file_of(const_cast<Intervention&>(intervention));  // NOLINT(*-const-cast)
}

}  // namespace otherwise
