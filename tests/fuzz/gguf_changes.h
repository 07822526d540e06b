// Changes to a sound GGUF file, from the bytes of an input: four bytes a change, which is what,
// where, and two that say to what. After a byte 0xFF in the place of a change comes a text for
// names and values. So inputs stay small, and what comes out is a GGUF but for what was changed:
// plain bytes would mostly be refused by its outer form.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "tests/fuzz/gguf_bytes.h"

namespace otherwise::fuzz {

using Change = std::array<std::uint8_t, 4>;

inline constexpr std::array<std::uint64_t, 24> kNumbers = {
    0,     1,       2,       3,          4,          5,          8,          16,
    31,    32,      33,      64,         255,        256,        1024,       65535,
    65536, 1 << 20, 1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ULL << 62, ~0ULL};

inline constexpr float kInfinite = std::numeric_limits<float>::infinity();
inline constexpr std::array<float, 12> kReals = {
    0.0F,  -0.0F, 1.0F,      -1.0F,      1e-5F, 1e-45F,
    1e30F, 3e38F, kInfinite, -kInfinite, 0.5F,  std::numeric_limits<float>::quiet_NaN()};

/// Names that readers ask for. "@" stands for the file's architecture.
inline constexpr const char* kNames[] = {"general.architecture",
                                         "general.type",
                                         "general.alignment",
                                         "general.file_type",
                                         "adapter.type",
                                         "adapter.lora.alpha",
                                         "adapter.alora.invocation_tokens",
                                         "split.count",
                                         "split.no",
                                         "split.tensors.count",
                                         "controlvector.model_hint",
                                         "controlvector.layer_count",
                                         "@.version",
                                         "@.node",
                                         "@.count",
                                         "@.width",
                                         "otherwise.fit.method",
                                         "@.context_length",
                                         "@.embedding_length",
                                         "@.block_count",
                                         "@.feed_forward_length",
                                         "@.attention.head_count",
                                         "@.attention.head_count_kv",
                                         "@.attention.key_length",
                                         "@.attention.value_length",
                                         "@.attention.layer_norm_epsilon",
                                         "@.attention.layer_norm_rms_epsilon",
                                         "@.attention.causal",
                                         "@.attention.sliding_window",
                                         "@.attention.sliding_window_pattern",
                                         "@.attention.scale",
                                         "@.attention.clamp_kqv",
                                         "@.attention.max_alibi_bias",
                                         "@.attention.temperature_scale",
                                         "@.rope.dimension_count",
                                         "@.rope.dimension_sections",
                                         "@.rope.freq_base",
                                         "@.rope.freq_base_swa",
                                         "@.rope.scale_linear",
                                         "@.rope.scaling.type",
                                         "@.rope.scaling.factor",
                                         "@.rope.scaling.original_context_length",
                                         "@.rope.scaling.attn_factor",
                                         "@.rope.scaling.finetuned",
                                         "@.expert_count",
                                         "@.expert_used_count",
                                         "@.expert_feed_forward_length",
                                         "@.expert_group_count",
                                         "@.expert_group_used_count",
                                         "@.expert_weights_scale",
                                         "@.interleave_moe_layer_step",
                                         "@.leading_dense_block_count",
                                         "@.vocab_size",
                                         "@.pooling_type",
                                         "@.logit_scale",
                                         "@.residual_scale",
                                         "@.embedding_scale",
                                         "@.attn_logit_softcapping",
                                         "@.final_logit_softcapping",
                                         "@.nextn_predict_layers",
                                         "@.use_parallel_residual",
                                         "@.tensor_data_layout",
                                         "@.decoder_start_token_id",
                                         "@.decoder_block_count",
                                         "@.classifier.output_labels",
                                         "@.embedding_length_out",
                                         "tokenizer.ggml.model",
                                         "tokenizer.ggml.pre",
                                         "tokenizer.ggml.tokens",
                                         "tokenizer.ggml.token_type",
                                         "tokenizer.ggml.scores",
                                         "tokenizer.ggml.merges",
                                         "tokenizer.ggml.bos_token_id",
                                         "tokenizer.ggml.eos_token_id",
                                         "tokenizer.ggml.eot_token_id",
                                         "tokenizer.ggml.eom_token_id",
                                         "tokenizer.ggml.unknown_token_id",
                                         "tokenizer.ggml.padding_token_id",
                                         "tokenizer.ggml.mask_token_id",
                                         "tokenizer.ggml.seperator_token_id",
                                         "tokenizer.ggml.fim_pre_token_id",
                                         "tokenizer.ggml.add_bos_token",
                                         "tokenizer.ggml.add_eos_token",
                                         "tokenizer.ggml.add_sep_token",
                                         "tokenizer.ggml.add_space_prefix",
                                         "tokenizer.ggml.remove_extra_whitespaces",
                                         "tokenizer.ggml.precompiled_charsmap",
                                         "tokenizer.ggml.token_type_count",
                                         "tokenizer.ggml.suppress_tokens",
                                         "tokenizer.chat_template",
                                         "general.sampling.temp",
                                         "general.name"};

/// Texts that readers know.
inline constexpr const char* kTexts[] = {"",
                                         "llama",
                                         "gpt2",
                                         "qwen2",
                                         "gemma3",
                                         "bert",
                                         "t5",
                                         "mamba",
                                         "phi3",
                                         "gptneox",
                                         "falcon",
                                         "bloom",
                                         "deepseek2",
                                         "granite",
                                         "olmo2",
                                         "gpt-oss",
                                         "rwkv7",
                                         "lfm2",
                                         "spm",
                                         "bpe",
                                         "wpm",
                                         "ugm",
                                         "none",
                                         "no_vocab",
                                         "default",
                                         "llama-bpe",
                                         "gpt-2",
                                         "adapter",
                                         "lora",
                                         "model",
                                         "controlvector",
                                         "otherwise.affine",
                                         "otherwise.heads",
                                         "linear",
                                         "yarn",
                                         "longrope",
                                         "l_out",
                                         "kqv_out",
                                         "rwkv",
                                         "plamo2",
                                         "test",
                                         "whitespace",
                                         "gemma4",
                                         "kimi-k2",
                                         "phi-3",
                                         "jina-v2-de",
                                         "</s>",
                                         "<unk>",
                                         "<s>",
                                         "<0x0A>",
                                         "\n",
                                         "\xC4\x8A",
                                         "<|return|>",
                                         "a",
                                         "b",
                                         "\xE2\x96\x81",
                                         "\xE2\x96\x81the",
                                         "[MASK]"};

/// One value of a type, in the file's form: a number of the lists, or a text.
inline std::string value_of(std::uint32_t type, std::uint8_t which, std::string_view text) {
    const std::uint64_t number = kNumbers[which % kNumbers.size()];
    std::string bytes;
    switch (type) {
        case kF32:
            put(bytes, kReals[which % kReals.size()]);
            break;
        case 12:
            put(bytes, static_cast<double>(kReals[which % kReals.size()]));
            break;
        case kText:
            put_text(bytes, text.empty() ? kTexts[which % std::size(kTexts)] : text);
            break;
        case 0:
        case 1:
        case 7:
            put(bytes, static_cast<std::uint8_t>(type == 7 ? number % 2 : number));
            break;
        case 2:
        case 3:
            put(bytes, static_cast<std::uint16_t>(number));
            break;
        case 10:
        case 11:
            put(bytes, number);
            break;
        default:
            put(bytes, static_cast<std::uint32_t>(number));
    }
    return bytes;
}

class GgufChanges {
public:
    GgufChanges(GgufBytes& file, std::string_view input) : file_(file), text_(text_in(input)) {
        for (std::size_t i = 0; i + 4 <= input.size() && byte(input, i) != kTextFollows; i += 4) {
            make({byte(input, i), byte(input, i + 1), byte(input, i + 2), byte(input, i + 3)});
        }
    }

    /// Bytes that are to be left out at the end.
    [[nodiscard]] std::size_t cut() const { return cut_; }

private:
    static constexpr std::uint8_t kTextFollows = 0xFF;
    static constexpr std::uint64_t kMostData = 1 << 16;

    static std::uint8_t byte(std::string_view input, std::size_t i) {
        return static_cast<std::uint8_t>(input[i]);
    }
    static std::string_view text_in(std::string_view input) {
        for (std::size_t i = 0; i < input.size(); i += 4) {
            if (byte(input, i) == kTextFollows) {
                return input.substr(i + 1);
            }
        }
        return {};
    }

    void make(const Change& change) {
        constexpr std::uint8_t kOfTensors = 8;
        const std::uint8_t what = change[0] % 16;
        if (what < kOfTensors && !(file_.keys.empty() && what != 0)) {
            change_key(what, change);
        } else if (what >= kOfTensors && !file_.tensors.empty()) {
            change_tensor(what, change, file_.tensors[change[1] % file_.tensors.size()]);
        }
    }

    [[nodiscard]] std::string known_name(std::uint8_t which) const {
        const std::string name = kNames[which % std::size(kNames)];
        return name.starts_with('@') ? architecture() + name.substr(1) : name;
    }
    [[nodiscard]] std::string architecture() const {
        for (const auto& key : file_.keys) {
            if (key.name == "general.architecture" && key.value.size() > 8) {
                return key.value.substr(8);
            }
        }
        return "";
    }
    /// The key of a name, made where there is none.
    GgufKey& named(const std::string& name) {
        for (auto& key : file_.keys) {
            if (key.name == name) {
                return key;
            }
        }
        return file_.keys.emplace_back(GgufKey{.name = name, .value = {}});
    }

    void change_key(std::uint8_t what, const Change& change) {
        const auto at = file_.keys.empty() ? 0 : change[1] % file_.keys.size();
        switch (what) {
            case 0:
            case 1: {  // a known name, a value
                GgufKey& key = named(known_name(change[1]));
                key.type = change[2] % 13;
                key.value = key.type == kArray ? "" : value_of(key.type, change[3], text_);
                if (key.type == kArray) {
                    make_array(key, kI32, change[3], change[3]);
                }
                break;
            }
            case 2:  // its own type, another value
                file_.keys[at].value = value_of(file_.keys[at].type, change[3], text_);
                break;
            case 3:
                file_.keys.erase(file_.keys.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 4:
                file_.keys[at].name = text_;
                break;
            case 5:
                file_.keys[at].type = change[2];
                break;
            case 6:
                make_array(file_.keys[at], change[2] % 13, change[3], change[3]);
                break;
            default:
                file_.alignment = kNumbers[change[3] % kNumbers.size()];
                named("general.alignment").value = value_of(kU32, change[3], "");
        }
    }

    void make_array(GgufKey& key, std::uint32_t inner, std::uint8_t count, std::uint8_t which) {
        constexpr std::size_t kMost = 300;
        const std::uint64_t said = kNumbers[count % kNumbers.size()];
        key.type = kArray;
        key.value.clear();
        put(key.value, inner);
        put(key.value, said);
        for (std::size_t i = 0; i < std::min<std::uint64_t>(said, kMost); ++i) {
            key.value += value_of(inner, static_cast<std::uint8_t>(which + i), text_);
        }
    }

    void change_tensor(std::uint8_t what, const Change& change, GgufRows& tensor) {
        switch (what) {
            case 8: {  // a size, with values for it
                tensor.shape.resize(std::max<std::size_t>({1, tensor.shape.size(), change[2] % 5U}),
                                    1);
                tensor.shape[change[2] % tensor.shape.size()] =
                    kNumbers[change[3] % kNumbers.size()];
                fit(tensor);
                break;
            }
            case 9:  // without
                tensor.shape.resize(change[2] % 6U, kNumbers[change[3] % kNumbers.size()]);
                break;
            case 10:
                tensor.type = change[2] % (GGML_TYPE_COUNT + 2);
                fit(tensor);
                break;
            case 11:
                tensor.name = text_;
                break;
            case 12:
                file_.tensors.erase(file_.tensors.begin() + change[1] % std::ssize(file_.tensors));
                break;
            case 13: {  // one of its values
                const std::size_t at = change[2] * sizeof(float);
                if (at + sizeof(float) <= tensor.data.size()) {
                    const float value = kReals[change[3] % kReals.size()];
                    std::memcpy(tensor.data.data() + at, &value, sizeof value);
                }
                break;
            }
            case 14:
                tensor.offset = kNumbers[change[3] % kNumbers.size()];
                cut_ = change[2];
                break;
            default: {
                GgufRows again = tensor;
                again.name = text_.empty() ? again.name : std::string(text_);
                file_.tensors.push_back(std::move(again));
            }
        }
    }

    /// As many bytes as its shape and type say, where these are few.
    static void fit(GgufRows& tensor) {
        if (tensor.type >= GGML_TYPE_COUNT) {
            return;
        }
        const auto type = static_cast<ggml_type>(tensor.type);
        const auto block = static_cast<std::uint64_t>(ggml_blck_size(type));
        std::uint64_t bytes = ggml_type_size(type);
        for (std::size_t i = 0; i < tensor.shape.size() && block > 0; ++i) {
            const auto n = i == 0 ? tensor.shape[0] / block : tensor.shape[i];
            bytes = n > kMostData ? kMostData + 1 : std::min(bytes * n, kMostData + 1);
        }
        if (bytes <= kMostData) {
            tensor.data.resize(bytes, '\x11');
        }
    }

    GgufBytes& file_;
    std::string text_;
    std::size_t cut_ = 0;
};

/// The file with these changes, as bytes.
inline std::string changed(GgufBytes file, std::string_view input) {
    const GgufChanges changes(file, input);
    std::string bytes = file.written();
    bytes.resize(bytes.size() - std::min(bytes.size(), changes.cut()));
    return bytes;
}

}  // namespace otherwise::fuzz
