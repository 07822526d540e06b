#include "otherwise/noise/hindsight.h"

#include <cmath>
#include <limits>

namespace otherwise {

bool possible(const Hindsight& hindsight) noexcept {
    return hindsight.factual.log_prob(hindsight.observed) >
           -std::numeric_limits<double>::infinity();
}

Posterior::Posterior(const Clocks& clocks, const Hindsight* hindsight) noexcept
    : clocks_(clocks), hindsight_(hindsight) {
    if (hindsight_ != nullptr) {
        log_winning_time_ = std::log(clocks_.winning_time());
    }
}

double Posterior::log_clock(Token token) const noexcept {
    if (hindsight_ == nullptr) {
        return std::log(clocks_.clock(token));
    }
    const double log_start = hindsight_->factual.log_prob(token) + log_winning_time_;
    if (token == hindsight_->observed) {
        return log_start;
    }
    return std::log(std::exp(log_start) + clocks_.clock(token));
}

}  // namespace otherwise
