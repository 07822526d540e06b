// The blocks of a model as ggml operations that all have a backward; see tail/graph.h.
#pragma once

#include <vector>

#include "otherwise/fit/tail/architecture.h"
#include "otherwise/fit/tail/weights.h"

struct ggml_context;
struct ggml_tensor;

namespace otherwise {

/// What every block reads beside its weights.
struct TailInputs {
    ggml_tensor* positions = nullptr;   ///< [rows] i32
    ggml_tensor* mask = nullptr;        ///< [rows, rows] 0 or −inf
    ggml_tensor* local_mask = nullptr;  ///< the same within the sliding window
};

class TailBlocks {
public:
    /// `smooth`: GELU as a formula that has a gradient; else llama.cpp's own, a table of F16 values
    /// that is off by up to 1e-3.
    TailBlocks(const Architecture& architecture, const Weights& weights, ggml_context* context,
               const TailInputs& inputs, bool smooth)
        : a_(architecture),
          weights_(weights),
          context_(context),
          inputs_(inputs),
          smooth_(smooth) {}

    /// Block `layer` on the states x, [width, rows].
    [[nodiscard]] ggml_tensor* block(ggml_tensor* x, int layer) const;
    /// The norm of what a feed-forward gives, for models with post_norms.
    [[nodiscard]] ggml_tensor* post_norm(ggml_tensor* x, int layer) const;
    /// Logits [n_vocab, rows].
    [[nodiscard]] ggml_tensor* head(ggml_tensor* x) const;

    /// The matrices that a block multiplies by, and the head.
    [[nodiscard]] static std::vector<ggml_tensor*> matrices(const Architecture& architecture,
                                                            const Weights& weights, int layer);
    [[nodiscard]] static ggml_tensor* head_matrix(const Weights& weights);

private:
    struct Heads {
        ggml_tensor* q = nullptr;  ///< [head, n_head, rows], or all heads as one
        ggml_tensor* k = nullptr;  ///< [head, n_head_kv, rows]
        ggml_tensor* v = nullptr;
    };
    [[nodiscard]] ggml_tensor* norm(ggml_tensor* x, const std::string& name) const;
    /// W x, and + b where there is one.
    [[nodiscard]] ggml_tensor* linear(ggml_tensor* x, const std::string& name) const;
    [[nodiscard]] Heads heads(ggml_tensor* x, int layer) const;
    /// Values [first, first + n) of every row.
    [[nodiscard]] ggml_tensor* slice(ggml_tensor* fused, int first, int n) const;
    /// Turned by its position.
    [[nodiscard]] ggml_tensor* turned(ggml_tensor* x, int layer) const;
    [[nodiscard]] ggml_tensor* attention(ggml_tensor* x, int layer) const;
    /// The key: act(gate) * up, or act(up) without a gate.
    [[nodiscard]] ggml_tensor* activated(ggml_tensor* gate, ggml_tensor* up) const;
    [[nodiscard]] ggml_tensor* feed_forward(ggml_tensor* x, int layer) const;

    const Architecture& a_;
    const Weights& weights_;
    ggml_context* context_;
    TailInputs inputs_;
    bool smooth_;
};

}  // namespace otherwise
