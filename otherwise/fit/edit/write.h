// The low-rank updates of one layer: ROME's of one fact, MEMIT's of many. See knowledge_edit.h.
#pragma once

#include <span>
#include <vector>

#include "otherwise/fit/edit/key_covariance.h"
#include "otherwise/fit/edit/low_rank.h"

namespace otherwise {

/// A fact's keys [inner] in one layer: of its bare prompt, and the mean of those behind prefixes.
struct FactKeys {
    std::vector<float> bare;
    std::vector<float> prefixed;  ///< empty without prefixes
    int n_prefixed = 0;

    void add_prefixed(std::span<const float> key);
    /// Half the bare key, half the prefixed ones' mean, as the papers' code weighs kinds of
    /// context.
    [[nodiscard]] std::vector<float> mean() const;
};

/// `delta` [width].
[[nodiscard]] LowRankEdit rome_update(int layer, const KeySolver& solver, const FactKeys& keys,
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
