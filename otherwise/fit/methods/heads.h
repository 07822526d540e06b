// Inference-time intervention (Li et al. 2306.03341): which attention heads tell two sets apart,
// and what to add to them.
//
// The heads of a layer are the `head_width` wide pieces of the input of its output projection. A
// logistic probe is fitted on each head's pooled states, both sets of one weight. Held-out states
// choose the best K heads, others that did neither judge them (the best of many is right by luck as
// well). Those K are shifted by σ θ̂: θ̂ the unit vector from the mean of the second set to that of
// the first (mass-mean shift), σ the standard deviation of all fitted states along it.
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "otherwise/fit/methods/accuracy.h"

namespace otherwise {

struct HeadScore {
    int layer = 0;
    int head = 0;
    Accuracy choosing;        ///< on the held-out texts that choose
    Accuracy accuracy;        ///< on those that judge
    Eigen::VectorXd odds{};   ///< the probe's log-odds of the first set, of those that judge: the
                              ///< first set's, then the second's [n]
    Eigen::VectorXd shift{};  ///< σ θ̂ [head_width]
};

/// States of one set at one head, each [head_width, n].
struct HeadStates {
    Eigen::MatrixXd fitted;
    Eigen::MatrixXd choosing;
    Eigen::MatrixXd judging;
};

/// Probe and shift of one head; layer and head are left to the caller.
[[nodiscard]] HeadScore score_head(const HeadStates& first, const HeadStates& second);

/// σ θ̂ from the columns of two sets, each [d, n].
[[nodiscard]] Eigen::VectorXd mass_mean_shift(const Eigen::MatrixXd& first,
                                              const Eigen::MatrixXd& second);

/// How often these heads together, by the sum of their log-odds, are right about the texts that
/// judge, of which the first `n_first` are the first set's.
[[nodiscard]] Accuracy together(std::span<const HeadScore> heads, Eigen::Index n_first);

/// The heads by falling (balanced) accuracy on the texts that choose; ties by layer, then head.
void sort_heads(std::vector<HeadScore>& heads);

}  // namespace otherwise
