// What each method makes of the gathered states. Internal to the room: learn.h is the way in.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "otherwise/base/cancelled.h"
#include "otherwise/fit/methods/direction.h"
#include "otherwise/fit/methods/fitted.h"
#include "otherwise/fit/methods/logistic.h"
#include "otherwise/fit/states/gather.h"

namespace otherwise {

/// The states of a pass, and what was asked.
struct Gathered {
    const FitRequest& request;
    std::string node;
    int width = 0;
    std::vector<int> layers;            ///< of `nodes`, ascending
    std::span<const NodeStates> nodes;  ///< one a layer
    std::function<bool()> cancelled{};

    /// Throws Cancelled, which Fit::run and fit_states catch; called between layers.
    void stop_if_cancelled() const;
};

/// Halves of the held-out texts, where some choose a layer or heads and the others judge. Twos
/// stay together, as in gather.
enum class Half { chooses, judges };

/// The columns of one half, of n.
[[nodiscard]] std::vector<Eigen::Index> half_of(Eigen::Index n, Half half);

/// Throws Error: nothing can be learned from equal states.
[[noreturn]] void refuse_equal_states();

/// The score of every layer on the held-out texts; with `auto` on the half that chooses. A
/// direction judges by the projection on it, other methods by the nearest mean, which for two sets
/// is the projection on their mean difference. Separation and distance are those of the two sets
/// that lie farthest apart.
[[nodiscard]] std::vector<LayerScore> score_layers(const Gathered& gathered);

/// The layer with the highest accuracy, of these the one with the largest separation.
[[nodiscard]] std::size_t best_layer(const std::vector<LayerScore>& scores);

/// Held-out states of a set: all of them, or with `auto` the half.
[[nodiscard]] Eigen::MatrixXd held_out(const Gathered& gathered, std::size_t layer, std::size_t set,
                                       Half half);

/// The direction of the method, of a layer.
[[nodiscard]] Direction direction_of(const NodeStates& node, DirectionBy by);

/// What the noise of a set's fitted mean adds to the squared distance from it, on average:
/// Σ ‖x − mean‖² / (n (n − 1)), of each set.
[[nodiscard]] std::vector<double> mean_noise(const NodeStates& node);

/// On which side of the middle between the sets' means the held-out texts of a half lie.
[[nodiscard]] Accuracy along(const Gathered& gathered, std::size_t layer,
                             const Direction& direction, Half half);

/// The states once more with covariances, at these layers.
using GatherAgain = std::function<std::vector<NodeStates>(const std::vector<int>& layers)>;

/// The file, the scores and the findings of these states. Where the best layer is chosen and
/// `again` is there, the file is made from what that gives. Throws Cancelled, and Error for equal
/// states.
void learn_from(Gathered gathered, int n_head, const GatherAgain& again, FitResult& result);

/// Sets the step as well.
[[nodiscard]] LearnedFile learn_directions(const Gathered& gathered, FitResult& result);
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

/// A probe that weighs all sets alike, fitted to `fitted`, judged on `judged`; of no text where one
/// of them lacks a set.
[[nodiscard]] Accuracy probe_accuracy(const Labelled& fitted, const Labelled& judged);

/// How often this probe is right; of no text where a set has none.
[[nodiscard]] Accuracy accuracy_of(const Probes& probe, const Labelled& judged, int n_sets);

/// A probe fitted to half of each set, judged on the other half.
[[nodiscard]] Accuracy fresh_probe_accuracy(std::span<const Eigen::MatrixXd> sets);

[[nodiscard]] std::vector<float> to_floats(const Eigen::MatrixXd& matrix);  ///< row by row

/// "layer 12: " where there are several layers, else "".
[[nodiscard]] std::string layer_prefix(const Gathered& gathered, std::size_t layer);

}  // namespace otherwise
