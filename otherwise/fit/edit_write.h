// The low-rank updates of one layer: ROME's of one fact, MEMIT's of many. See knowledge_edit.h.
#pragma once

#include <span>
#include <vector>

#include "otherwise/fit/key_covariance.h"
#include "otherwise/fit/low_rank.h"

namespace otherwise {

/// `bare` and `mean` keys [inner], `delta` [width].
[[nodiscard]] LowRankEdit rome_update(int layer, const KeySolver& solver,
                                      std::span<const float> bare, std::span<const float> mean,
                                      std::span<const float> delta);

/// A key [inner] and a residual [width] for each fact; `weight` is λ.
[[nodiscard]] LowRankEdit memit_update(int layer, const KeySolver& solver,
                                       const std::vector<std::vector<float>>& keys,
                                       const std::vector<std::vector<float>>& residuals,
                                       double weight);

/// What to add to the feed-forward's output x so that the norm y = g x / rms(x) after it moves by
/// about `residual`: the nearest that keeps rms(x). Values whose g is tiny stay.
[[nodiscard]] std::vector<float> before_norm(std::span<const float> x, std::span<const float> g,
                                             std::span<const float> residual, float epsilon);

}  // namespace otherwise
