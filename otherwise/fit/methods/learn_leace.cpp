// LEACE erasers, one a layer.
#include <fmt/core.h>

#include "otherwise/base/error.h"
#include "otherwise/fit/methods/leace.h"
#include "otherwise/fit/methods/learned.h"

namespace otherwise {
namespace {

Eraser eraser_of(const NodeStates& node, double& shrinkage) {
    Moments all = node.moments[0];
    std::vector<ClassMean> classes;
    for (std::size_t k = 0; k < node.moments.size(); ++k) {
        const auto& moments = node.moments[k];
        classes.push_back({.n = static_cast<double>(moments.n()), .mean = moments.mean()});
        if (k > 0) {
            all = Moments::merged(all, moments);
        }
    }
    const auto total = covariance_for_fit(all);
    shrinkage = total.shrinkage;
    return leace(total.covariance, classes);
}

/// The eraser with the numbers that the file has.
Eraser rounded(const Eraser& eraser) {
    const Eigen::MatrixXd left = eraser.left.cast<float>().cast<double>();
    const Eigen::MatrixXd right = eraser.right.cast<float>().cast<double>();
    return {.left = left, .right = right, .mean = eraser.mean};
}

AffineMap map_of(const Eraser& eraser) {
    AffineMap map;
    map.bias = to_floats(eraser.left * (eraser.right * eraser.mean));
    map.rank = static_cast<int>(eraser.left.cols());
    map.up = to_floats(-eraser.left);
    map.down = to_floats(eraser.right);
    return map;
}

struct Sets {
    std::vector<Eigen::MatrixXd> fitted;
    std::vector<Eigen::MatrixXd> judged;
};

Sets sets_of(const Gathered& gathered, std::size_t layer) {
    Sets sets;
    for (std::size_t k = 0; k < gathered.nodes[layer].fitted.size(); ++k) {
        sets.fitted.emplace_back(gathered.nodes[layer].fitted[k].cast<double>());
        sets.judged.push_back(held_out(gathered, layer, k, Half::judges));
    }
    return sets;
}

void find_quality(const Gathered& gathered, std::size_t layer, const Eraser& eraser,
                  std::vector<FitFinding>& findings) {
    const auto prefix = layer_prefix(gathered, layer);
    const auto add = [&](const char* key, const std::string& text, const Accuracy& accuracy) {
        findings.push_back({.key = key,
                            .text = prefix + text + " " + describe(accuracy),
                            .value = accuracy.rate(),
                            .accuracy = accuracy});
    };
    auto sets = sets_of(gathered, layer);
    const auto before = probe_accuracy(labelled(sets.fitted), labelled(sets.judged));
    add("probe_before", "a probe on held-out texts before erasure:", before);
    for (auto* part : {&sets.fitted, &sets.judged}) {
        for (auto& states : *part) {
            states = eraser.erase(states);
        }
    }
    const bool erased = before.n() == 0 || before.low() > before.chance();
    const auto name = fmt::format(
        "after erasure (chance is {:.2f}{}):", 1.0 / static_cast<double>(sets.judged.size()),
        erased ? "" : "; before it was not beyond chance either");
    add("probe_after", name, probe_accuracy(labelled(sets.fitted), labelled(sets.judged)));
    add("probe_fresh", "a fresh probe, fitted to half of the held-out erased texts:",
        fresh_probe_accuracy(sets.judged));
}

}  // namespace

LearnedFile learn_leace(const Gathered& gathered, std::vector<FitFinding>& findings) {
    AffineFile file{.node = gathered.node, .width = gathered.width};
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        gathered.stop_if_cancelled();
        double shrinkage = 0.0;
        const auto eraser = rounded(eraser_of(gathered.nodes[i], shrinkage));
        if (eraser.left.cols() == 0) {
            fail({.where = "learn_leace",
                  .expected = "sets whose states differ in their means",
                  .came = "equal means at layer " + std::to_string(gathered.layers[i]),
                  .advice = "choose other layers or another pooling"});
        }
        file.maps[gathered.layers[i]] = map_of(eraser);
        findings.push_back(
            {.key = "rank",
             .text = fmt::format(
                 "{}erases {} dimension{} of {}{}", layer_prefix(gathered, i), eraser.left.cols(),
                 eraser.left.cols() == 1 ? "" : "s", gathered.width,
                 shrinkage > 0.0 ? fmt::format(", covariance shrunk by {:.2f}", shrinkage) : ""),
             .value = static_cast<double>(eraser.left.cols())});
        find_quality(gathered, i, eraser, findings);
    }
    return file;
}

}  // namespace otherwise
