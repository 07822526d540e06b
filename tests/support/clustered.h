// Values in clusters, for tests of statistics.
#pragma once

#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

namespace otherwise::clustered {

struct Data {
    std::vector<double> values;
    std::vector<int> clusters;
};

inline std::vector<int> each_alone(std::size_t n) {
    std::vector<int> clusters(n);
    std::iota(clusters.begin(), clusters.end(), 0);
    return clusters;
}

/// `clusters` strings of `samples` values: a string's own part plus noise of these deviations.
inline Data nested(std::mt19937_64& engine, int clusters, int samples, double between,
                   double within) {
    std::normal_distribution<double> normal;
    Data data;
    for (int c = 0; c < clusters; ++c) {
        const double own = between * normal(engine);
        for (int s = 0; s < samples; ++s) {
            data.values.push_back(own + within * normal(engine));
            data.clusters.push_back(c);
        }
    }
    return data;
}

}  // namespace otherwise::clustered
