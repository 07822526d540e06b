// What the methods share.
#include "otherwise/fit/methods/learned.h"

#include <algorithm>

#include "otherwise/base/error.h"
#include "otherwise/fit/methods/logistic.h"

namespace otherwise {
namespace {

int n_sets(const Labelled& all) {
    return all.sets.empty() ? 0 : 1 + *std::ranges::max_element(all.sets);
}

bool has_all(const Labelled& all, int sets) {
    for (int k = 0; k < sets; ++k) {
        if (std::ranges::find(all.sets, k) == all.sets.end()) {
            return false;
        }
    }
    return sets > 1;
}

std::vector<Eigen::MatrixXd> halves(std::span<const Eigen::MatrixXd> sets, Half half) {
    std::vector<Eigen::MatrixXd> parts;
    for (const auto& set : sets) {
        parts.emplace_back(set(Eigen::all, half_of(set.cols(), half)));
    }
    return parts;
}

}  // namespace

void Gathered::stop_if_cancelled() const {
    if (cancelled && cancelled()) {
        throw Cancelled();
    }
}

std::vector<Eigen::Index> half_of(Eigen::Index n, Half half) {
    std::vector<Eigen::Index> columns;
    for (Eigen::Index i = 0; i < n; ++i) {
        if ((i / 2 % 2 == 0) == (half == Half::chooses)) {
            columns.push_back(i);
        }
    }
    return columns;
}

void refuse_equal_states() {
    fail({.where = "Fit::run",
          .expected = "sets whose states differ",
          .came = "equal states at every layer asked for",
          .advice = "choose another site or pooling"});
}

Labelled labelled(std::span<const Eigen::MatrixXd> sets) {
    Eigen::Index columns = 0;
    for (const auto& set : sets) {
        columns += set.cols();
    }
    Labelled all{.states = Eigen::MatrixXd(sets.front().rows(), columns), .sets = {}};
    Eigen::Index column = 0;
    for (std::size_t k = 0; k < sets.size(); ++k) {
        all.states.middleCols(column, sets[k].cols()) = sets[k];
        all.sets.insert(all.sets.end(), static_cast<std::size_t>(sets[k].cols()),
                        static_cast<int>(k));
        column += sets[k].cols();
    }
    return all;
}

Accuracy accuracy_of(const Probes& probe, const Labelled& judged, int n_sets) {
    Accuracy accuracy(static_cast<std::size_t>(n_sets));
    if (judged.states.cols() == 0) {
        return accuracy;
    }
    const auto said = probe.classify(judged.states);
    for (std::size_t i = 0; i < said.size(); ++i) {
        accuracy.count(static_cast<std::size_t>(judged.sets[i]), said[i] == judged.sets[i]);
    }
    return accuracy;
}

Accuracy probe_accuracy(const Labelled& fitted, const Labelled& judged) {
    const int sets = std::max(n_sets(fitted), n_sets(judged));
    if (!has_all(fitted, sets) || !has_all(judged, sets)) {
        return {};
    }
    return accuracy_of(Probes(fitted.states, fitted.sets, sets), judged, sets);
}

Accuracy fresh_probe_accuracy(std::span<const Eigen::MatrixXd> sets) {
    return probe_accuracy(labelled(halves(sets, Half::chooses)),
                          labelled(halves(sets, Half::judges)));
}

std::vector<float> to_floats(const Eigen::MatrixXd& matrix) {
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(matrix.size()));
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
        for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
            values.push_back(static_cast<float>(matrix(i, j)));
        }
    }
    return values;
}

std::string layer_prefix(const Gathered& gathered, std::size_t layer) {
    return gathered.layers.size() == 1 ? ""
                                       : "layer " + std::to_string(gathered.layers[layer]) + ": ";
}

}  // namespace otherwise
