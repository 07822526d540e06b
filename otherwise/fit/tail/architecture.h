// What the blocks of a model are made of, for the architectures whose tail can be rebuilt: llama
// (Mistral and SmolLM too), qwen2, qwen3, gemma3 and gpt2.
//
//   x  -> x + attention(norm(x))   =: s       gemma3 norms the attention's output once more
//   s  -> s + ffn(norm(s))                    and the feed-forward's too
//
// ffn(y) = W_down key + bias, key = act(W_gate y) * W_up y or act(W_up y).
#pragma once

#include <string>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

enum class Activation { silu, gelu };

struct Rope {
    bool used = true;
    bool neox = false;  ///< pairs (i, i + n/2) instead of (2i, 2i + 1)
    float base = 10000.0F;
    float scale = 1.0F;
};

struct Architecture {
    std::string name;  ///< general.architecture
    int n_layer = 0;
    int width = 0;  ///< n_embd
    int inner = 0;  ///< n_ff, the width of a key
    int n_head = 0;
    int n_head_kv = 0;
    int head = 0;     ///< values of one head
    int context = 0;  ///< tokens it was trained on
    float epsilon = 1e-5F;
    bool rms = true;          ///< RMS norms; else LayerNorm with a bias
    bool gated = true;        ///< act(gate) * up
    bool head_norms = false;  ///< queries and keys are normed head by head
    bool post_norms =
        false;           ///< attention and feed-forward outputs are normed before they are added
    bool fused = false;  ///< one matrix for queries, keys and values
    Activation activation = Activation::silu;
    float attention_scale = 0.0F;
    float softcap = 0.0F;  ///< of the logits, 0 without
    Rope rope;
    Rope local_rope;            ///< of the layers with a sliding window
    int window = 0;             ///< tokens of the sliding window, 0 without
    std::vector<bool> sliding;  ///< [n_layer]

    /// llama.cpp's names of nodes in block `layer`.
    [[nodiscard]] std::string key_node(int layer) const;        ///< the input of W_down, [inner]
    [[nodiscard]] std::string attention_node(int layer) const;  ///< after its attention, [width]
};

/// llama.cpp's names, the same for all of them: what block `layer`'s feed-forward gives, [width];
/// its down projection's tensor, without ".weight".
[[nodiscard]] std::string value_node(int layer);
[[nodiscard]] std::string down_name(int layer);

/// Names that architecture_of takes.
[[nodiscard]] std::vector<std::string> editable_architectures();

/// Throws Error that lists them for any other model, and for mixtures of experts, unknown rope
/// scaling and the like.
[[nodiscard]] Architecture architecture_of(const GgufFile& file);

}  // namespace otherwise
