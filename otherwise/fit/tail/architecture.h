// What the blocks of a model are made of, for the architectures whose tail can be rebuilt: an entry
// of a table for each (forms.cpp), and what a file's header says of one model.
//
//   x  -> x + post(attention(pre(x)))   =: s     pre, post: norms, where the architecture has them
//   s  -> s + post(ffn(pre(s)))
//
// ffn(y) = W_down key + bias, key = act(W_gate y) * W_up y or act(W_up y). Biases are those that
// the file has.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

enum class Activation { silu, gelu };

/// Where the gate's matrix is: there is none, it is ffn_gate, or it is the first half of ffn_up.
enum class Gate { none, apart, fused };

/// Norms of queries and keys: none, of each head, of all heads as one vector.
enum class HeadNorms { none, each, all };

/// How positions enter: by a table before the first block, or by turning pairs (2i, 2i + 1) or
/// (i, i + n/2) of each head.
enum class Turn { none, adjacent, halves };

/// What all models of an architecture have in common.
struct ArchitectureForm {
    std::string_view name;                        ///< general.architecture
    std::string_view key_node;                    ///< llama.cpp's name of the key, without layer
    std::string_view attention_node = "ffn_inp";  ///< and of s
    bool rms = true;                              ///< RMS norms; else LayerNorm
    bool pre_norms = true;
    bool post_norms = false;
    HeadNorms head_norms = HeadNorms::none;
    Gate gate = Gate::apart;
    Activation activation = Activation::silu;
    Turn turn = Turn::halves;
    std::string_view rope_factors{};  ///< tensor that divides the frequencies, where a file has it
    int window_every = 0;      ///< layer i slides where i mod this is not the last; 0 = none does
    float window_base = 0.0F;  ///< rope base of sliding layers without a key; 0 = the others'
    bool capped = false;       ///< logits, where the header says so
    int wide_layers = 0;  ///< a model of so many scales attention by width / heads, not by a head
};

/// The table, in the order in which errors list it.
[[nodiscard]] std::span<const ArchitectureForm> architecture_forms();

struct Rope {
    int dims = 0;  ///< values of a head that are turned, the first ones
    float base = 10000.0F;
    float scale = 1.0F;
    float magnitude = 1.0F;  ///< of queries and keys after it
};

struct Architecture {
    ArchitectureForm form;
    int n_layer = 0;
    int width = 0;  ///< n_embd
    int inner = 0;  ///< n_ff, the width of a key
    int n_head = 0;
    int n_head_kv = 0;
    int head = 0;     ///< values of one head
    int context = 0;  ///< tokens it was trained on
    float epsilon = 1e-5F;
    bool fused = false;  ///< one matrix for queries, keys and values
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
