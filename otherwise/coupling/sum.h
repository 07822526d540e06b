// Internal to coupling: Neumaier's compensated sum, whose error does not grow with the terms.
#pragma once

#include <cmath>

namespace otherwise {

class Sum {
public:
    void add(double x) {
        const double t = sum_ + x;
        lost_ += std::abs(sum_) >= std::abs(x) ? (sum_ - t) + x : (x - t) + sum_;
        sum_ = t;
    }
    [[nodiscard]] double total() const { return sum_ + lost_; }

private:
    double sum_ = 0.0;
    double lost_ = 0.0;
};

}  // namespace otherwise
