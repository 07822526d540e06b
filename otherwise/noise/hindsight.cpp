#include "otherwise/noise/hindsight.h"

#include <limits>

#include "otherwise/noise/elementary.h"

namespace otherwise {

bool possible(const Hindsight& hindsight) noexcept {
    return hindsight.factual.log_prob(hindsight.observed) >
           -std::numeric_limits<double>::infinity();
}

Posterior::Posterior(const Clocks& clocks, const Hindsight* hindsight) noexcept
    : clocks_(hindsight != nullptr ? clocks.afresh() : clocks), hindsight_(hindsight) {
    if (hindsight_ != nullptr) {
        winning_time_ = clocks.winning_time();
    }
}

double Posterior::score(Token token, double log_q, double clock) const noexcept {
    constexpr double kUnseen = -600.0;  // p m cannot reach the last bit of a clock, at least 2^-65
    const double log_p = hindsight_ == nullptr ? -std::numeric_limits<double>::infinity()
                                               : hindsight_->factual.log_prob(token);
    if (hindsight_ != nullptr && token == hindsight_->observed) {
        return (log_q - log_p) - elementary::log(winning_time_);
    }
    if (!(log_p > kUnseen)) {
        return log_q - elementary::log(clock);
    }
    return (log_q - log_p) - elementary::log(winning_time_ + clock * elementary::exp(-log_p));
}

}  // namespace otherwise
