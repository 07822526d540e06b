// Goldens of other packages, tests/data/reference_fit.json; tests/reference/fit.py says how they
// were made and what the keys mean.
#pragma once

#include <Eigen/Core>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise::test {

inline const nlohmann::json& reference(std::string_view kind) {
    static const auto all = nlohmann::json::parse(
        std::ifstream(std::string(OTHERWISE_SOURCE_DIR) + "/tests/data/reference_fit.json"));
    return all.at(std::string(kind));
}

inline Eigen::VectorXd vector_of(const nlohmann::json& list) {
    const auto values = list.get<std::vector<double>>();
    return Eigen::Map<const Eigen::VectorXd>(values.data(),
                                             static_cast<Eigen::Index>(values.size()));
}

/// A list of rows as [rows, columns].
inline Eigen::MatrixXd matrix_of(const nlohmann::json& rows) {
    Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()),
                           static_cast<Eigen::Index>(rows.at(0).size()));
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
        matrix.row(i) = vector_of(rows.at(static_cast<std::size_t>(i)));
    }
    return matrix;
}

/// The largest absolute difference over the largest absolute value.
template <typename A, typename B>
double relative_difference(const A& a, const B& b) {
    return (a - b).template lpNorm<Eigen::Infinity>() / b.template lpNorm<Eigen::Infinity>();
}

/// Rows [n, d] as the fitters take them: floats, row by row. The goldens have few decimals, so the
/// rounding to floats is about 1e-8.
inline std::vector<float> floats_of(const Eigen::MatrixXd& rows) {
    std::vector<float> values;
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
        for (Eigen::Index j = 0; j < rows.cols(); ++j) {
            values.push_back(static_cast<float>(rows(i, j)));
        }
    }
    return values;
}

}  // namespace otherwise::test
