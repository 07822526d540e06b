// What the methods share.
#include "otherwise/fit/learned.h"

#include <algorithm>

#include "otherwise/fit/logistic.h"

namespace otherwise {

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

Accuracy probe_accuracy(const Labelled& fitted, const Labelled& judged) {
    Accuracy accuracy;
    if (judged.sets.empty()) {
        return accuracy;
    }
    const int n_sets = 1 + *std::ranges::max_element(fitted.sets);
    const auto said = Probes(fitted.states, fitted.sets, n_sets).classify(judged.states);
    for (std::size_t i = 0; i < said.size(); ++i) {
        accuracy.count(said[i] == judged.sets[i]);
    }
    return accuracy;
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
