// Small sound files of each form that is read as GGUF, which the fuzzers change: a language model
// of one block, its adapter, a control vector, affine maps and shifts of heads for it.
#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/gguf_bytes.h"

namespace otherwise::fuzz {

inline constexpr std::uint64_t kWidth = 32;
inline constexpr std::uint64_t kInner = 32;

/// GPT-2's letters for the bytes, and words.
inline std::vector<std::string> sound_tokens() {
    std::vector<std::string> tokens = {"<|pad|>", "<|end|>"};
    const auto add = [&](unsigned letter) {  // in UTF-8
        std::string text;
        if (letter < 0x80) {
            text += static_cast<char>(letter);
        } else {
            text += static_cast<char>(0xC0U | (letter >> 6U));
            text += static_cast<char>(0x80U | (letter & 0x3FU));
        }
        tokens.push_back(text);
    };
    const auto plain = [](unsigned byte) {
        return (byte >= 33 && byte < 127) || (byte >= 161 && byte < 173) ||
               (byte >= 174 && byte < 256);
    };
    unsigned extra = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        add(plain(byte) ? byte : extra++);
    }
    tokens.insert(tokens.end(), {"\xC4\xA0the", "\xC4\xA0house"});
    return tokens;
}

inline GgufBytes sound_model() {
    const auto tokens = sound_tokens();
    const std::uint64_t n = tokens.size();
    std::vector<std::uint32_t> kinds(n, 1);
    kinds[0] = kinds[1] = 3;
    GgufBytes file;
    file.text("general.architecture", "llama")
        .whole("llama.context_length", 256)
        .whole("llama.embedding_length", kWidth)
        .whole("llama.block_count", 1)
        .whole("llama.feed_forward_length", kInner)
        .whole("llama.attention.head_count", 2)
        .whole("llama.attention.head_count_kv", 1)
        .real("llama.attention.layer_norm_rms_epsilon", 1e-5F)
        .whole("llama.rope.dimension_count", kWidth / 2)
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "default")
        .texts("tokenizer.ggml.tokens", tokens)
        .wholes("tokenizer.ggml.token_type", kinds)
        .texts("tokenizer.ggml.merges", {"t h", "th e"})
        .whole("tokenizer.ggml.eos_token_id", 1)
        .text("tokenizer.chat_template", "{% for m in messages %}{{ m['content'] }}{% endfor %}");
    file.rows("token_embd.weight", {kWidth, n})
        .rows("blk.0.attn_norm.weight", {kWidth})
        .rows("blk.0.attn_q.weight", {kWidth, kWidth})
        .rows("blk.0.attn_k.weight", {kWidth, kWidth / 2})
        .rows("blk.0.attn_v.weight", {kWidth, kWidth / 2})
        .rows("blk.0.attn_output.weight", {kWidth, kWidth})
        .rows("blk.0.ffn_norm.weight", {kWidth})
        .rows("blk.0.ffn_gate.weight", {kWidth, kInner})
        .rows("blk.0.ffn_up.weight", {kWidth, kInner})
        .rows("blk.0.ffn_down.weight", {kInner, kWidth})
        .rows("output_norm.weight", {kWidth})
        .rows("output.weight", {kWidth, n});
    return file;
}

inline GgufBytes sound_lora() {
    GgufBytes file;
    file.text("general.type", "adapter")
        .text("general.architecture", "llama")
        .text("adapter.type", "lora")
        .real("adapter.lora.alpha", 2.0F)
        .rows("blk.0.attn_output.weight.lora_a", {kWidth, 2})
        .rows("blk.0.attn_output.weight.lora_b", {2, kWidth})
        .rows("token_embd.weight.lora_a", {2, sound_tokens().size()})
        .rows("token_embd.weight.lora_b", {2, kWidth});
    return file;
}

inline GgufBytes sound_vector() {
    GgufBytes file;
    file.text("general.architecture", "controlvector")
        .text("controlvector.model_hint", "llama")
        .rows("direction.1", {kWidth})
        .rows("direction.2", {kWidth});
    return file;
}

/// One layer of each form.
inline GgufBytes sound_affine() {
    GgufBytes file;
    file.text("general.architecture", "otherwise.affine")
        .whole("otherwise.affine.version", 1)
        .text("otherwise.affine.node", "l_out")
        .text("otherwise.fit.method", "mimic")
        .rows("blk.0.bias", {kWidth})
        .rows("blk.1.bias", {kWidth})
        .rows("blk.1.diagonal", {kWidth})
        .rows("blk.2.bias", {kWidth})
        .rows("blk.2.down", {kWidth, 2})
        .rows("blk.2.up", {2, kWidth})
        .rows("blk.3.bias", {kWidth})
        .rows("blk.3.weight", {kWidth, kWidth});
    return file;
}

inline GgufBytes sound_heads() {
    GgufBytes file;
    file.text("general.architecture", "otherwise.heads")
        .whole("otherwise.heads.version", 1)
        .whole("otherwise.heads.count", 2)
        .whole("otherwise.heads.width", kWidth / 2)
        .rows("blk.0.shift", {kWidth / 2, 2});
    return file;
}

}  // namespace otherwise::fuzz
