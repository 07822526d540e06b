// Inference-time intervention (Li et al. 2306.03341): which attention heads tell two sets apart,
// and what to add to them.
//
// The heads of a layer are the `head_width` wide pieces of the input of its output projection. A
// logistic probe is fitted on each head's pooled states and judged on held-out ones; the best K
// heads are shifted by σ θ̂: θ̂ the unit vector from the mean of the second set to that of the
// first (mass-mean shift), σ the standard deviation of all fitted states along it.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "otherwise/fit/accuracy.h"

namespace otherwise {

struct HeadScore {
    int layer = 0;
    int head = 0;
    Accuracy accuracy;        ///< on held-out texts
    Eigen::VectorXd shift{};  ///< σ θ̂ [head_width]
};

/// States of one head [head_width, n] in the two sets, fitted and held out.
struct HeadStates {
    Eigen::MatrixXd first;
    Eigen::MatrixXd second;
    Eigen::MatrixXd held_out_first;
    Eigen::MatrixXd held_out_second;
};

/// Probe and shift of one head; layer and head are left to the caller.
[[nodiscard]] HeadScore score_head(const HeadStates& states);

/// σ θ̂ from the columns of two sets, each [d, n].
[[nodiscard]] Eigen::VectorXd mass_mean_shift(const Eigen::MatrixXd& first,
                                              const Eigen::MatrixXd& second);

/// The heads by falling accuracy; ties by layer, then head.
void sort_heads(std::vector<HeadScore>& heads);

}  // namespace otherwise
