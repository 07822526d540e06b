// What the logits of a fact's rows say of it; see graph.h for the loss.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otherwise/fit/tail/packing.h"
#include "otherwise/fit/tail/target_state.h"

namespace otherwise {

/// Logits of the targets' rows, [targets * n_vocab].
[[nodiscard]] TailLoss target_loss(const PackedFact& fact, std::span<const float> logits,
                                   std::size_t n_vocab);

/// log p of each row of logits, [rows * n_vocab], and p in place of the logits.
[[nodiscard]] std::vector<double> take_laws(std::span<float> logits, std::size_t n_vocab);

/// Mean over the rows of KL(p₀ ‖ p) in nats: log p₀ and the logits of p, [rows * n_vocab].
[[nodiscard]] double kept_loss(std::span<const double> log_before, std::span<const float> logits,
                               std::size_t n_vocab);

}  // namespace otherwise
