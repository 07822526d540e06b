// One pass over the texts of several classes: what every fit is made from.
//
// Of each class every k-th two of texts (k = 1 / held_out, rounded) is held out, so that texts
// written in some order are held out evenly, and pairs together. Of each text one pooled state is
// kept a layer; means and covariances come from every row of the pooling, of the texts that are not
// held out. The first position of a text is left out of `mean` and `every` where it has another:
// models keep a state of enormous norm there, whatever the text (attention sinks, Xiao et al.
// 2309.17453).
#pragma once

#include <Eigen/Core>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "otherwise/fit/states/moments.h"
#include "otherwise/fit/states/pooling.h"
#include "otherwise/fit/states/states.h"

namespace otherwise {

struct GatherOptions {
    std::vector<std::string> nodes;
    int width = 0;  ///< of every node
    Pooling pooling = Pooling::last;
    bool covariance = false;
    double held_out = 0.2;  ///< share of each class; 0 holds out none
    bool last_block = false;
    int threads = 1;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
    std::function<void(long, long)> on_progress{};
    std::function<bool()> cancelled{};
    /// For errors: text i of a class.
    std::function<std::string(std::size_t of_class, std::size_t i)> name_of{};
};

/// At one node, by class.
struct NodeStates {
    std::vector<Moments> moments;           ///< of the rows fitted to
    std::vector<Eigen::MatrixXf> fitted;    ///< [width, texts] one pooled state a text
    std::vector<Eigen::MatrixXf> held_out;  ///< [width, texts]; for `every` the mean
};

/// By node, in the order of the options; empty when cancelled. Throws Error like read_states.
[[nodiscard]] std::vector<NodeStates> gather(const std::shared_ptr<const Model>& model,
                                             std::span<const std::vector<Tokens>> classes,
                                             const GatherOptions& options);

/// The same of states that were taken elsewhere, one a text: [class][node] -> [texts * width]. Of
/// the options nodes, width, covariance and held_out count. Throws misuse for a NaN or infinite
/// state.
[[nodiscard]] std::vector<NodeStates> gather_given(
    std::span<const std::vector<std::vector<float>>> classes, const GatherOptions& options);

/// Whether text i of a class is held out.
[[nodiscard]] bool is_held_out(std::size_t i, double share);

/// How many of n texts.
[[nodiscard]] std::size_t n_held_out(std::size_t n, double share);

/// Bytes that gather keeps for `texts` texts, beside states_bytes.
[[nodiscard]] std::size_t gather_bytes(const GatherOptions& options, std::size_t classes,
                                       std::size_t texts);

}  // namespace otherwise
