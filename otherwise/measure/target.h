// How likely a text is to follow each prompt, in every world: its joint probability, by teacher
// forcing.
#pragma once

#include <functional>
#include <vector>

#include "otherwise/generate/run.h"
#include "otherwise/measure/statistics.h"

namespace otherwise {

/// log P(target | prompt) in nats, [1 + worlds][subjects]: the factual world first. −inf where the
/// mechanism forbids it; of the null world NaN for subjects it does not read. Forced tokens count
/// as certain, and as impossible where they differ. Empty when cancelled. Throws Error when the
/// backend fails.
[[nodiscard]] std::vector<std::vector<double>> target_log_probs(
    const Scene& scene, const Tokens& target, const std::function<bool()>& cancelled = {});

/// The mean of exp(log P) over the subjects that each world reads, for each row of `logs`.
[[nodiscard]] std::vector<Measured> target_rates(const std::vector<std::vector<double>>& logs);

}  // namespace otherwise
