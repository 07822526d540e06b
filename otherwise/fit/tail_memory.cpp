#include "otherwise/fit/tail_memory.h"

#include "ggml.h"
#include "otherwise/fit/tail_blocks.h"

namespace otherwise {

std::size_t tail_copies_bytes(const Architecture& architecture, const Weights& weights, int layer,
                              bool small) {
    std::size_t bytes = Weights::transposed_bytes(TailBlocks::head_matrix(weights), small);
    for (int i = layer + 1; i < architecture.n_layer; ++i) {
        for (const auto* matrix : TailBlocks::matrices(architecture, weights, i)) {
            bytes += Weights::transposed_bytes(matrix, small);
        }
    }
    return bytes;
}

std::size_t tail_bytes(const Architecture& architecture, const Weights& weights, int layer,
                       int rows, int logit_rows) {
    // Values a row and block that the backward pass reads again, counted on the graphs.
    constexpr std::size_t kWide = 5;
    constexpr std::size_t kInner = 3;
    constexpr std::size_t kComposed = 3;  // as many times where norms or GELU are composed
    constexpr std::size_t kMaps = 1;
    constexpr std::size_t kLogits = 4;
    const auto n = static_cast<std::size_t>(rows);
    const auto width = static_cast<std::size_t>(architecture.width);
    const auto heads = static_cast<std::size_t>(architecture.n_head);
    const bool composed = architecture.activation == Activation::gelu || !architecture.rms;
    const std::size_t block =
        (composed ? kComposed : 1) * n *
            (kWide * width + kInner * static_cast<std::size_t>(architecture.inner)) +
        kMaps * heads * n * n;
    const auto blocks = static_cast<std::size_t>(architecture.n_layer - layer);
    const auto vocabulary = static_cast<std::size_t>(TailBlocks::head_matrix(weights)->ne[1]);
    return sizeof(float) *
           (blocks * block + kLogits * vocabulary * static_cast<std::size_t>(logit_rows));
}

}  // namespace otherwise
