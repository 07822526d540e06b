// What each method makes of the gathered states. Internal to the room: learn.h is the way in.
#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <vector>

#include "otherwise/fit/learn.h"

namespace otherwise {

/// The states of a pass, and what was asked.
struct Gathered {
    const FitRequest& request;
    std::string node;
    int width = 0;
    std::vector<int> layers;            ///< of `nodes`, ascending
    std::span<const NodeStates> nodes;  ///< one a layer
};

/// The score of every layer on the held-out texts; with `auto` on every other of them. Nearest mean
/// decides, which for two sets is the projection on their mean difference. Separation and distance
/// are those of the two sets that lie farthest apart.
[[nodiscard]] std::vector<LayerScore> score_layers(const Gathered& gathered);

/// The layer with the highest accuracy, of these the one with the largest separation.
[[nodiscard]] std::size_t best_layer(const std::vector<LayerScore>& scores);

/// The held-out texts that judge: all of them, or with `auto` those that did not choose.
[[nodiscard]] Eigen::MatrixXd judges(const Gathered& gathered, std::size_t layer, std::size_t set);

[[nodiscard]] LearnedFile learn_directions(const Gathered& gathered,
                                           std::vector<FitFinding>& findings);
[[nodiscard]] LearnedFile learn_mimic(const Gathered& gathered, std::vector<FitFinding>& findings);
[[nodiscard]] LearnedFile learn_leace(const Gathered& gathered, std::vector<FitFinding>& findings);
/// Fills the heads and how many of them are in the file.
[[nodiscard]] LearnedFile learn_heads(const Gathered& gathered, int n_head, FitResult& result);

/// States with their set, for probes that tell any number of sets apart.
struct Labelled {
    Eigen::MatrixXd states;  ///< [d, n]
    std::vector<int> sets;   ///< [n]
};

/// Columns of all sets one after the other.
[[nodiscard]] Labelled labelled(std::span<const Eigen::MatrixXd> sets);

/// A probe fitted to `fitted`, judged on `judged`.
[[nodiscard]] Accuracy probe_accuracy(const Labelled& fitted, const Labelled& judged);

[[nodiscard]] std::vector<float> to_floats(const Eigen::MatrixXd& matrix);  ///< row by row

/// "layer 12: " where there are several layers, else "".
[[nodiscard]] std::string layer_prefix(const Gathered& gathered, std::size_t layer);

}  // namespace otherwise
