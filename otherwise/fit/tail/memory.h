// How much memory the gradient of a tail takes, said before it is built.
#pragma once

#include <cstddef>

#include "otherwise/fit/tail/architecture.h"
#include "otherwise/fit/tail/weights.h"

namespace otherwise {

/// Bytes of the transposed copies that a gradient from states after block `layer` needs.
[[nodiscard]] std::size_t tail_copies_bytes(const Architecture& architecture,
                                            const Weights& weights, int layer, bool small);

/// Bytes that making the largest of them takes meanwhile.
[[nodiscard]] std::size_t tail_turning_bytes(const Architecture& architecture,
                                             const Weights& weights, int layer);

/// Bytes of its activations for so many packed rows, of which `logit_rows` have logits; from above.
[[nodiscard]] std::size_t tail_bytes(const Architecture& architecture, const Weights& weights,
                                     int layer, int rows, int logit_rows);

}  // namespace otherwise
