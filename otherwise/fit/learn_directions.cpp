// Directions, one a layer.
#include <fmt/core.h>

#include "otherwise/fit/direction.h"
#include "otherwise/fit/learned.h"

namespace otherwise {

Direction direction_of(const NodeStates& node, DirectionBy by) {
    if (by == DirectionBy::mean) {
        return mean_direction(node.moments[0].mean(), node.moments[1].mean());
    }
    const Eigen::MatrixXd differences =
        node.fitted[0].cast<double>() - node.fitted[1].cast<double>();
    return principal_direction(differences, by == DirectionBy::pca_centred);
}

Accuracy along(const Gathered& gathered, std::size_t layer, const Direction& direction, Half half) {
    const auto& node = gathered.nodes[layer];
    const double middle = direction.unit.dot(node.moments[0].mean() + node.moments[1].mean()) / 2.0;
    Accuracy accuracy;
    const Eigen::VectorXd first = held_out(gathered, layer, 0, half).transpose() * direction.unit;
    for (const double x : first) {
        accuracy.count(x > middle);
    }
    const Eigen::VectorXd second = held_out(gathered, layer, 1, half).transpose() * direction.unit;
    for (const double x : second) {
        accuracy.count(x <= middle);
    }
    return accuracy;
}

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
             .in_table = !gathered.request.best_layer});
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
