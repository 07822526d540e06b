// Directions, one a layer.
#include <fmt/core.h>

#include "otherwise/fit/direction.h"
#include "otherwise/fit/learned.h"

namespace otherwise {
namespace {

Direction direction_of(const NodeStates& node, DirectionBy by) {
    if (by == DirectionBy::mean) {
        return mean_direction(node.moments[0].mean(), node.moments[1].mean());
    }
    const Eigen::MatrixXd differences =
        node.fitted[0].cast<double>() - node.fitted[1].cast<double>();
    return principal_direction(differences, by == DirectionBy::pca_centred);
}

/// On which side of the middle between the fitted means the held-out texts lie.
Accuracy judge(const Gathered& gathered, std::size_t layer, const Direction& direction) {
    const auto& node = gathered.nodes[layer];
    const double middle = direction.unit.dot(node.moments[0].mean() + node.moments[1].mean()) / 2.0;
    Accuracy accuracy;
    for (const double along : judges(gathered, layer, 0).transpose() * direction.unit) {
        accuracy.count(along > middle);
    }
    for (const double along : judges(gathered, layer, 1).transpose() * direction.unit) {
        accuracy.count(along <= middle);
    }
    return accuracy;
}

}  // namespace

LearnedFile learn_directions(const Gathered& gathered, std::vector<FitFinding>& findings) {
    ControlVector vector{.path = "", .model_hint = "", .width = gathered.width};
    AffineFile affine{.node = gathered.node, .width = gathered.width};
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        const auto direction = direction_of(gathered.nodes[i], gathered.request.by);
        const auto accuracy = judge(gathered, i, direction);
        findings.push_back(
            {.key = "held_out_accuracy",
             .text = layer_prefix(gathered, i) + "held-out accuracy " + describe(accuracy),
             .value = accuracy.rate(),
             .accuracy = accuracy});
        auto values =
            to_floats(direction.unit * (gathered.request.unit ? 1.0 : direction.distance));
        affine.maps[gathered.layers[i]].bias = values;
        vector.directions[gathered.layers[i]] = std::move(values);
    }
    if (gathered.node == "l_out") {
        return vector;
    }
    return affine;  // llama.cpp has no form for directions elsewhere: a shift, x + b
}

}  // namespace otherwise
