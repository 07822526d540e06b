// MiMiC maps from the second set to the first, one a layer.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "otherwise/fit/methods/learned.h"
#include "otherwise/fit/methods/logistic.h"
#include "otherwise/fit/methods/mimic.h"

namespace otherwise {
namespace {

struct Fitted {
    Gaussian source;
    Gaussian target;
    double shrinkage = 0.0;  ///< the larger of both
    bool has_covariance = true;
};

Fitted fitted_gaussians(const NodeStates& node, bool mean_only) {
    Fitted fitted{.source = {.mean = node.moments[1].mean(), .covariance = {}},
                  .target = {.mean = node.moments[0].mean(), .covariance = {}},
                  .has_covariance = !mean_only};
    if (!mean_only) {
        auto source = covariance_for_fit(node.moments[1]);
        auto target = covariance_for_fit(node.moments[0]);
        fitted.shrinkage = std::max(source.shrinkage, target.shrinkage);
        fitted.source.covariance = std::move(source.covariance);
        fitted.target.covariance = std::move(target.covariance);
    }
    return fitted;
}

/// The map as the file has it, in floats.
GaussianMap rounded(const AffineMap& map, int width) {
    GaussianMap plain{
        .weight = Eigen::MatrixXd::Identity(width, width),
        .bias = Eigen::Map<const Eigen::VectorXf>(map.bias.data(), width).cast<double>()};
    if (!map.dense.empty()) {
        using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        plain.weight = Eigen::Map<const Rows>(map.dense.data(), width, width).cast<double>();
    }
    return plain;
}

Eigen::MatrixXd apply(const GaussianMap& map, const Eigen::MatrixXd& states) {
    return (map.weight * states).colwise() + map.bias;
}

void find_fit_error(const Fitted& fitted, const GaussianMap& map, const std::string& prefix,
                    const NodeStates& node, std::vector<FitFinding>& findings) {
    const Eigen::VectorXd mean = map.weight * fitted.source.mean + map.bias;
    double error = (mean - fitted.target.mean).norm() / fitted.target.mean.norm();
    if (fitted.has_covariance) {
        const Eigen::MatrixXd moved =
            map.weight * fitted.source.covariance * map.weight.transpose();
        error = std::max(
            error, (moved - fitted.target.covariance).norm() / fitted.target.covariance.norm());
    }
    findings.push_back(
        {.key = "fit_error",
         .text = fmt::format(
             "{}mapped mean{} off by {:.1e} relative, from {} and {} states{}", prefix,
             fitted.has_covariance ? " and covariance" : "", error, node.moments[1].n(),
             node.moments[0].n(),
             fitted.shrinkage > 0.0 ? fmt::format(" (shrunk by {:.2f})", fitted.shrinkage) : ""),
         .value = error});
}

/// Of the held-out source texts those that a probe calls target.
Accuracy called_target(const Probes& probe, const Eigen::MatrixXd& source) {
    Accuracy accuracy(1);
    if (source.cols() > 0) {
        for (const int said : probe.classify(source)) {
            accuracy.count(0, said == 0);
        }
    }
    return accuracy;
}

void find_quality(const Gathered& gathered, std::size_t layer, const GaussianMap& map,
                  std::vector<FitFinding>& findings) {
    const auto prefix = layer_prefix(gathered, layer);
    const auto& node = gathered.nodes[layer];
    const Eigen::MatrixXd target = node.fitted[0].cast<double>();
    const Eigen::MatrixXd source = node.fitted[1].cast<double>();
    const auto add = [&](const char* key, const std::string& text, const Accuracy& accuracy) {
        findings.push_back({.key = key,
                            .text = prefix + text + " " + describe(accuracy),
                            .value = accuracy.rate(),
                            .accuracy = accuracy});
    };
    const auto judged_target = held_out(gathered, layer, 0, Half::judges);
    const auto judged_source = held_out(gathered, layer, 1, Half::judges);
    const auto before = labelled(std::array{target, source});
    const Probes probe(before.states, before.sets, 2);
    add("probe_before", "a probe tells held-out texts apart:",
        accuracy_of(probe, labelled(std::array{judged_target, judged_source}), 2));
    add("called_target_before",
        "a probe calls held-out source texts target:", called_target(probe, judged_source));
    add("called_target_after",
        "the same probe, after mapping them:", called_target(probe, apply(map, judged_source)));
    const auto mapped = std::array{judged_target, apply(map, judged_source)};
    add("told_apart_after",
        "a fresh probe, fitted to half of the held-out texts after mapping, tells them apart "
        "(chance is 0.50):",
        fresh_probe_accuracy(mapped));
}

}  // namespace

LearnedFile learn_mimic(const Gathered& gathered, std::vector<FitFinding>& findings) {
    AffineFile file{.node = gathered.node, .width = gathered.width};
    for (std::size_t i = 0; i < gathered.layers.size(); ++i) {
        gathered.stop_if_cancelled();
        const auto fitted = fitted_gaussians(gathered.nodes[i], gathered.request.mean_only);
        AffineMap& map = file.maps[gathered.layers[i]];
        if (fitted.has_covariance) {
            const auto exact = transport(fitted.source, fitted.target);
            map.bias = to_floats(exact.bias);
            map.dense = to_floats(exact.weight);
        } else {
            map.bias = to_floats(fitted.target.mean - fitted.source.mean);
        }
        const auto stored = rounded(map, gathered.width);
        find_fit_error(fitted, stored, layer_prefix(gathered, i), gathered.nodes[i], findings);
        find_quality(gathered, i, stored, findings);
    }
    return file;
}

}  // namespace otherwise
