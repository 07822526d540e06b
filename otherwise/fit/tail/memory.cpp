#include "otherwise/fit/tail/memory.h"

#include <algorithm>
#include <vector>

#include "ggml.h"
#include "otherwise/fit/tail/blocks.h"

namespace otherwise {

namespace {

/// The matrices of a tail, of which a gradient needs transposed copies.
std::vector<const ggml_tensor*> tail_matrices(const Architecture& architecture,
                                              const Weights& weights, int layer) {
    std::vector<const ggml_tensor*> all{TailBlocks::head_matrix(weights)};
    for (int i = layer + 1; i < architecture.n_layer; ++i) {
        for (const auto* matrix : TailBlocks::matrices(architecture, weights, i)) {
            all.push_back(matrix);
        }
    }
    return all;
}

}  // namespace

std::size_t tail_copies_bytes(const Architecture& architecture, const Weights& weights, int layer,
                              bool small) {
    std::size_t bytes = 0;
    for (const auto* matrix : tail_matrices(architecture, weights, layer)) {
        bytes += Weights::transposed_bytes(matrix, small);
    }
    return bytes;
}

std::size_t tail_turning_bytes(const Architecture& architecture, const Weights& weights,
                               int layer) {
    constexpr std::size_t kCopies = 2;  // in F32, as it is and turned
    std::size_t most = 0;
    for (const auto* matrix : tail_matrices(architecture, weights, layer)) {
        const auto values = static_cast<std::size_t>(matrix->ne[0] * matrix->ne[1]);
        most = std::max(most, kCopies * values * sizeof(float));
    }
    return most;
}

std::size_t tail_bytes(const Architecture& architecture, const Weights& weights, int layer,
                       int rows, int logit_rows) {
    // Values a row and block that the backward pass reads again, counted on the graphs.
    constexpr std::size_t kWide = 5;
    constexpr std::size_t kInner = 3;
    constexpr std::size_t kApart = 2;     // more where gate and up are copied out of one
    constexpr std::size_t kComposed = 3;  // as many times where norms or GELU are composed
    constexpr std::size_t kMaps = 1;
    constexpr std::size_t kLogits = 4;
    const auto n = static_cast<std::size_t>(rows);
    const auto width = static_cast<std::size_t>(architecture.width);
    const auto heads = static_cast<std::size_t>(architecture.n_head);
    const bool composed =
        architecture.form.activation == Activation::gelu || !architecture.form.rms;
    const std::size_t inner = kInner + (architecture.form.gate == Gate::fused ? kApart : 0);
    const std::size_t block =
        (composed ? kComposed : 1) * n *
            (kWide * width + inner * static_cast<std::size_t>(architecture.inner)) +
        kMaps * heads * n * n;
    const auto blocks = static_cast<std::size_t>(architecture.n_layer - layer);
    const auto vocabulary = static_cast<std::size_t>(TailBlocks::head_matrix(weights)->ne[1]);
    return sizeof(float) *
           (blocks * block + kLogits * vocabulary * static_cast<std::size_t>(logit_rows));
}

}  // namespace otherwise
