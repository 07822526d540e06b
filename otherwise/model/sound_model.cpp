#include "otherwise/model/sound_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr double kLongestContext = 1 << 30;
constexpr double kLongestWindow = 1 << 24;
constexpr double kWidestHead = 1 << 16;
constexpr double kLastPooling = 4;  // LLAMA_POOLING_TYPE_RANK
constexpr double kAlignment = 32;   // TENSOR_ALIGNMENT

[[noreturn]] void refuse(const GgufFile& file, const std::string& expected,
                         const std::string& came) {
    fail({.where = "require_sound_model",
          .expected = "a model with " + expected,
          .came = came + ", '" + file.path().string() + "'"});
}

std::string said(const std::string& key, double value) {
    std::string number = std::to_string(value);
    if (number.find('.') != std::string::npos) {
        number.erase(number.find_last_not_of('0') + 1);
        number.erase(number.ends_with('.') ? number.size() - 1 : number.size());
    }
    return key + " = " + number;
}

/// The numbers of an architecture, one or one a layer.
class Numbers {
public:
    explicit Numbers(const GgufFile& file) : file_(file), arch_(file.architecture()) {}

    void check() const {
        check_epsilons();
        check_experts();
        check_heads();
        check_rotation("");
        check_rotation("_swa");
        check_window();
        each("context_length", "a context of tokens",
             [](double n) { return n >= 1.0 && n <= kLongestContext; });
        each("pooling_type", "a pooling that there is",
             [](double n) { return n >= -1.0 && n <= kLastPooling; });
        each("nextn_predict_layers", "layers to predict with among its own",
             [&](double n) { return n <= first("block_count").value_or(n); });
    }

private:
    [[nodiscard]] std::string key(const std::string& name) const { return arch_ + "." + name; }
    /// All values of a key; none without it.
    [[nodiscard]] std::vector<double> all(const std::string& name) const {
        return file_.numbers(key(name)).value_or(std::vector<double>{});
    }
    /// A value for all layers.
    [[nodiscard]] std::optional<double> first(const std::string& name) const {
        return file_.number(key(name));
    }
    template <typename Sound>
    void each(const std::string& name, const std::string& expected, const Sound& sound) const {
        for (const double value : all(name)) {
            if (!sound(value)) {
                refuse(file_, expected, said(key(name), value));
            }
        }
    }

    void check_epsilons() const {
        for (const char* name : {"attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon",
                                 "attention.group_norm_epsilon"}) {
            each(name, "an epsilon from 0 to 1",
                 [](double value) { return value >= 0.0 && value <= 1.0; });
        }
    }

    void check_experts() const {
        const double experts = first("expert_count").value_or(0.0);
        const auto used = all("expert_used_count");
        const double most = used.empty() ? 0.0 : *std::ranges::max_element(used);
        const bool one = experts == 1.0 && arch_.starts_with("hunyuan");  // which means none
        const bool fits = most >= 1.0 && most <= experts;                 // NaN does not
        if (experts > 0.0 && !one && !fits) {
            refuse(file_, "experts that are used, of " + said(key("expert_count"), experts),
                   used.empty() ? "no " + key("expert_used_count")
                                : said(key("expert_used_count"), most));
        }
        const double groups = first("expert_group_count").value_or(0.0);
        const double chosen = first("expert_group_used_count").value_or(0.0);
        const bool whole =
            groups <= 1.0 || (std::fmod(experts, groups) == 0.0 && chosen > 0.0 && chosen < groups);
        if (!whole || groups < 0.0 || (groups > 0.0 && groups >= experts)) {
            refuse(file_, "groups of its experts", said(key("expert_group_count"), groups));
        }
    }

    /// Values of one key a layer, by the index; the last of those there are.
    static double at(const std::vector<double>& values, std::size_t layer) {
        return values[std::min(layer, values.size() - 1)];
    }

    void check_heads() const {
        const auto heads = all("attention.head_count");
        const auto keys = all("attention.head_count_kv");
        for (std::size_t i = 0; i < std::max(heads.size(), keys.size()) && !heads.empty(); ++i) {
            const double n = at(heads, i);
            const double shared = keys.empty() ? n : at(keys, i);
            check_width(n);
            if (!(n >= 0.0) || !(shared >= 0.0) ||
                (n > 0.0 && shared > 0.0 && std::fmod(n, shared) != 0.0)) {
                refuse(file_, "attention heads that share keys evenly",
                       said(key("attention.head_count"), n) + " and " +
                           said(key("attention.head_count_kv"), shared));
            }
        }
        for (const char* name : {"attention.key_length", "attention.value_length",
                                 "attention.key_length_swa", "attention.value_length_swa"}) {
            each(name, "attention heads of an even width up to 65536",
                 [](double n) { return n >= 2.0 && n <= kWidestHead && std::fmod(n, 2.0) == 0.0; });
        }
    }

    /// Where no key says it: the states' values in equal parts.
    void check_width(double heads) const {
        const auto width = first("embedding_length");
        if (heads > 0.0 && width && !first("attention.key_length") &&
            std::floor(*width / heads) < 2.0) {
            refuse(file_, "attention heads of two values at least",
                   said(key("attention.head_count"), heads));
        }
    }

    /// Of each head's values as many are rotated as rope.dimension_count says, in pairs.
    void check_rotation(const std::string& kind) const {
        const auto heads = first("attention.head_count");
        const auto width = first("embedding_length");
        if (!heads || *heads <= 0.0) {
            return;  // without attention, or another number in each layer
        }
        auto head = first("attention.key_length" + kind);
        if (!head) {
            head = first("attention.key_length");
        }
        if (!head && width) {
            head = std::floor(*width / *heads);
        }
        each("rope.dimension_count" + kind, "a rotation of pairs within its heads", [&](double n) {
            return n >= 2.0 && std::fmod(n, 2.0) == 0.0 && n <= head.value_or(n);
        });
    }

    void check_window() const {
        each("attention.sliding_window", "a sliding window of at most 16777216 tokens",
             [](double n) { return n >= 0.0 && n <= kLongestWindow; });
        if (const auto pattern = first("attention.sliding_window_pattern"); pattern == 1.0) {
            refuse(file_, "a pattern of sliding windows that has some",
                   said(key("attention.sliding_window_pattern"), *pattern));
        }
    }

    const GgufFile& file_;
    std::string arch_;
};

/// Matrices of numbers that are no weights: which experts a token goes to.
bool is_table(const std::string& name) { return name.find("tid2eid") != std::string::npos; }

bool is_vector(const std::string& name) {
    return name.ends_with("norm.weight") || name.ends_with(".bias");
}

}  // namespace

bool is_matrix_type(const std::string& type) {
    constexpr std::array<std::string_view, 7> kOthers = {"i8",  "i16",  "i32", "i64",
                                                         "f64", "q8_1", "q8_K"};
    return std::ranges::find(kOthers, type) == kOthers.end();
}

void require_sound_numbers(const GgufFile& file) { Numbers(file).check(); }

void require_sound_vocabulary(const GgufFile& file) {
    const auto tokens = file.texts("tokenizer.ggml.tokens");
    const auto kind = file.text("tokenizer.ggml.model");
    const bool has_tokens = kind && *kind != "none" && *kind != "no_vocab";
    if (has_tokens && (!tokens || tokens->empty())) {  // by whose number llama.cpp may divide
        refuse(file, "a vocabulary of tokens", "none for the tokenizer '" + to_utf8(*kind) + "'");
    }
    std::unordered_set<std::string> known;
    for (std::size_t i = 0; tokens && i < tokens->size(); ++i) {
        const auto& text = (*tokens)[i];
        // llama.cpp gives those without a text a name.
        if (!known.insert(text.empty() ? "[EMPTY_" + std::to_string(i) + "]" : text).second) {
            refuse(file, "tokens of different texts",
                   "'" + to_utf8(text.substr(0, 40)) + "' twice");
        }
    }
}

void require_sound_tensors(const GgufFile& file) {
    const auto alignment = file.number("general.alignment");
    if (alignment && std::fmod(*alignment, kAlignment) != 0.0) {
        refuse(file, "tensors on 32 bytes", said("general.alignment", *alignment));
    }
    for (const auto& tensor : file.tensors()) {
        if (std::ranges::find(tensor.shape, 0) != tensor.shape.end()) {
            refuse(file, "tensors that hold something", "'" + to_utf8(tensor.name) + "' of size 0");
        }
        // quantize counts the rows of three dimensions; RWKV's one with four stays as it is
        const bool deep = tensor.shape.size() > 3 && tensor.shape[3] > 1;
        if (deep && tensor.name.find("time_mix_lerp_fused") == std::string::npos) {
            refuse(file, "tensors of three dimensions at most",
                   "'" + to_utf8(tensor.name) + "' of four");
        }
        const bool vector = is_vector(tensor.name);
        const bool sound =
            vector ? tensor.type == "f32" : is_matrix_type(tensor.type) || is_table(tensor.name);
        if (!sound) {
            refuse(file, vector ? "norms and biases in f32" : "weights that can be multiplied with",
                   "'" + to_utf8(tensor.name) + "' in " + tensor.type);
        }
    }
}

}  // namespace otherwise
