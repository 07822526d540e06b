// Directions, one a layer.
#include <fmt/core.h>

#include "otherwise/base/error.h"
#include "otherwise/fit/methods/direction.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {

Direction direction_of(const NodeStates& node, DirectionBy by) {
    if (by == DirectionBy::mean) {
        return mean_direction(node.moments[0].mean(), node.moments[1].mean());
    }
    const Eigen::MatrixXd differences =
        node.fitted[0].cast<double>() - node.fitted[1].cast<double>();
    return principal_direction(differences, by == DirectionBy::pca_centred);
}

std::vector<double> mean_noise(const NodeStates& node) {
    std::vector<double> noise;
    for (const auto& states : node.fitted) {
        const Eigen::MatrixXd x = states.cast<double>();
        const auto n = static_cast<double>(x.cols());
        const Eigen::VectorXd mean = x.rowwise().mean();
        noise.push_back(n > 1.0 ? (x.colwise() - mean).squaredNorm() / (n * (n - 1.0)) : 0.0);
    }
    return noise;
}

namespace {

/// Where the sets meet along a direction. The fitted means lie beyond the true ones along the
/// difference of means, by their noise over its length: the smaller set's by more.
double middle_of(const NodeStates& node, const Direction& direction, DirectionBy by) {
    const double middle = direction.unit.dot(node.moments[0].mean() + node.moments[1].mean()) / 2.0;
    if (by != DirectionBy::mean || direction.distance == 0.0) {
        return middle;
    }
    const auto noise = mean_noise(node);
    return middle - (noise[0] - noise[1]) / (2.0 * direction.distance);
}

}  // namespace

Accuracy along(const Gathered& gathered, std::size_t layer, const Direction& direction, Half half) {
    const auto& node = gathered.nodes[layer];
    const double middle = middle_of(node, direction, gathered.request.by);
    Accuracy accuracy(2);
    const Eigen::VectorXd first = held_out(gathered, layer, 0, half).transpose() * direction.unit;
    for (const double x : first) {
        accuracy.count(0, x > middle);
    }
    const Eigen::VectorXd second = held_out(gathered, layer, 1, half).transpose() * direction.unit;
    for (const double x : second) {
        accuracy.count(1, x <= middle);
    }
    return accuracy;
}

namespace {

/// A direction of no length would be written as zeros, which do nothing.
void require_direction(const Gathered& gathered, std::size_t layer, const Direction& direction) {
    if (gathered.request.by == DirectionBy::mean) {
        return;  // equal means at some layers are a result
    }
    const auto& node = gathered.nodes[layer];
    const std::string where = " at layer " + std::to_string(gathered.layers[layer]);
    if (direction.unit.squaredNorm() == 0.0) {
        fail({.where = "learn_directions",
              .expected = "paired differences that vary, for " + setting("by", "pca-centred"),
              .came = fmt::format("the same in all {} pairs{}", node.fitted[0].cols(), where),
              .advice = "use " + setting("by", "pca") + " or " + setting("by", "mean") +
                        ", which keep what the pairs have in common"});
    }
    constexpr double kNone = 1e-6;
    const double apart = (node.moments[0].mean() - node.moments[1].mean()).norm();
    if (!gathered.request.unit && direction.distance <= kNone * apart) {
        fail({.where = "learn_directions",
              .expected = "sets whose means lie apart along the principal component",
              .came = "equal means along it" + where,
              .advice = "use " + setting("length", "unit") + ", or " + setting("by", "mean")});
    }
}

}  // namespace

LearnedFile learn_directions(const Gathered& gathered, FitResult& result) {
    ControlVector vector{.path = "", .model_hint = "", .width = gathered.width};
    AffineFile affine{.node = gathered.node, .width = gathered.width};
    double steps = 0.0;  // of each layer alone
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        gathered.stop_if_cancelled();
        const auto direction = direction_of(gathered.nodes[i], gathered.request.by);
        const auto accuracy = along(gathered, i, direction, Half::judges);
        result.findings.push_back(
            {.key = "held_out_accuracy",
             .text = layer_prefix(gathered, i) + "held-out accuracy " + describe(accuracy),
             .value = accuracy.rate(),
             .accuracy = accuracy,
             .in_table = !gathered.request.best_layer()});
        require_direction(gathered, i, direction);
        const double length = gathered.request.unit ? 1.0 : direction.distance;
        steps += gathered.request.unit ? direction.distance : 1.0;
        auto values = to_floats(direction.unit * length);
        affine.maps[gathered.layers[i]].bias = values;
        vector.directions[gathered.layers[i]] = std::move(values);
    }
    const auto n = static_cast<double>(gathered.layers.size());
    result.step = steps / (n * n);
    if (gathered.node == "l_out") {
        return vector;
    }
    return affine;  // llama.cpp has no form for directions elsewhere: a shift, x + b
}

}  // namespace otherwise
