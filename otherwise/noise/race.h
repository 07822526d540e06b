// Who wins: the token a world writes at one place, given its law and the noise there.
//
//   score_k = log q_k − log E_k          winner = argmax score (ties: the observed, the lower id)
//
// where E_k are the clocks of the place, or their posterior (hindsight.h): given w, E_w = p_w m and
// E_k = p_k m + clock_k. In the null world (q = p) hindsight returns w, always: E_w / p_w = m, and
// every other E_k / p_k is above m and never rounded below it.
//
// Given the laws, all of this is the same bits on every machine. A vector's width moves log_norm of
// a law by up to 1e-7 or so: equally in all scores of a race, and in hindsight by twice that.
//
// `race` and `race_reference` agree bit for bit in every field. The reference visits every token;
// `race` draws the upper 32 bits of all clocks with vector instructions and takes logarithms only
// for tokens that could still be winner or runner-up: since E_k ≥ clock_k ≥ v_k ≥ hi_k 2^-32,
//
//   hi_k · 2^-32 > exp(−second) · q_k    rules token k out,  second = second-best score so far
//
// with a slack of 1e-4 for float rounding. Such tokens number about 2 log(n_vocab). Where the whole
// of a vector block is masked nothing is drawn.
//
// Cost: O(n_vocab) vector work, see benchmarks/race_benchmark.cpp. Thread safe.
#pragma once

#include <limits>

#include "otherwise/base/law.h"
#include "otherwise/noise/field.h"
#include "otherwise/noise/hindsight.h"

namespace otherwise {

struct Finish {
    Token winner = -1;     ///< −1 only when every token is masked
    Token runner_up = -1;  ///< −1 when there is none
    /// Nats between the two best perturbed logits; +inf when there is no second.
    double margin = std::numeric_limits<double>::infinity();

    bool operator==(const Finish&) const = default;
};

/// The token written. A greedy world ignores the noise: best, second, gap. A world without weights
/// is allowed and costs the plain loop. Throws Error (failed) when the hindsight is impossible;
/// callers who can name string and position ask `possible` first.
[[nodiscard]] Finish race(const Law& world, const Clocks& clocks,
                          const Hindsight* hindsight = nullptr);

/// The definition as a plain loop in double precision, for tests.
[[nodiscard]] Finish race_reference(const Law& world, const Clocks& clocks,
                                    const Hindsight* hindsight = nullptr);

}  // namespace otherwise
