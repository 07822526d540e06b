// How often a probe is right about the texts of several sets, with an interval.
//
//   rate      (1 / K) Σ_k p_k, p_k = right_k / n_k: the balanced accuracy, the mean over the K
//   sets.
//             Chance is 1 / K whatever the sizes and whatever set a probe prefers: one that always
//             names the larger set is right about all of it and none of the other.
//   interval  rate − √(Σ_k (p_k − l_k)²) / K and rate + √(Σ_k (u_k − p_k)²) / K, with the limits
//             [l_k, u_k] of Clopper and Pearson (1934) for each set's own rate (Newcombe 1998,
//             method 10; Zou and Donner 2008)
//
// The sets' rates are independent, so their distances from a limit add as squares. Limits of their
// own keep the interval honest where one set has few texts or is always named, where the normal
// one has no width. Clopper and Pearson's, not Wilson's: two of two right in both sets happen in
// one of 16 guesses, and Wilson's would lie above chance. Takes the answers as independent.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace otherwise {

struct SetAccuracy {
    long right = 0;
    long n = 0;
};

struct Accuracy {
    std::vector<SetAccuracy> sets;

    Accuracy() = default;
    explicit Accuracy(std::size_t n_sets) : sets(n_sets) {}

    void count(std::size_t set, bool is_right);
    [[nodiscard]] long n() const;  ///< texts; 0 where a set has none: then nothing is known
    [[nodiscard]] double chance() const { return 1.0 / static_cast<double>(sets.size()); }
    [[nodiscard]] double rate() const;                          ///< NaN of none
    [[nodiscard]] double low(double confidence = 0.95) const;   ///< 0 of none
    [[nodiscard]] double high(double confidence = 0.95) const;  ///< 1 of none
};

/// "0.94 [0.87, 0.97] of 96 texts"
[[nodiscard]] std::string describe(const Accuracy& accuracy);

}  // namespace otherwise
