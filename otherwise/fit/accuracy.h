// How often a probe is right, with an interval.
#pragma once

#include <string>

namespace otherwise {

/// `right` of n answers, and Wilson's 95 % interval for the rate (Wilson 1927): with z = 1.96,
/// (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Takes the answers as independent.
struct Accuracy {
    long right = 0;
    long n = 0;

    [[nodiscard]] double rate() const;  ///< NaN of none
    [[nodiscard]] double low() const;   ///< 0 of none
    [[nodiscard]] double high() const;  ///< 1 of none
    void count(bool is_right);
};

/// "0.94 [0.87, 0.97] of 96 texts"
[[nodiscard]] std::string describe(const Accuracy& accuracy);

}  // namespace otherwise
