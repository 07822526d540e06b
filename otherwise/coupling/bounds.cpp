#include "otherwise/coupling/bounds.h"

#include <algorithm>
#include <cmath>

#include "otherwise/coupling/sum.h"

namespace otherwise {
namespace {

double at(std::span<const double> law, std::size_t k) { return k < law.size() ? law[k] : 0.0; }

/// Σ_k f(p_k, q_k) over the longer vocabulary.
template <typename Term>
double sum_over(std::span<const double> p, std::span<const double> q, const Term& term) {
    Sum sum;
    for (std::size_t k = 0; k < std::max(p.size(), q.size()); ++k) {
        sum.add(term(at(p, k), at(q, k)));
    }
    return sum.total();
}

}  // namespace

Bounds stay_bounds(double log_p, double log_q) {
    // (p + q − 1) / p = 1 − (1 − q) / p
    const double missing = -std::expm1(std::min(0.0, log_q));
    const double low = missing > 0.0 ? 1.0 - std::exp(std::log(missing) - log_p) : 1.0;
    return {.low = std::clamp(low, 0.0, 1.0), .high = std::exp(std::min(0.0, log_q - log_p))};
}

double maximal_agreement(std::span<const double> p, std::span<const double> q) {
    return sum_over(p, q, [](double a, double b) { return std::min(a, b); });
}

std::vector<double> maximal_law(std::span<const double> p, std::span<const double> q, Token w) {
    const auto observed = static_cast<std::size_t>(w);
    const double stay = std::min(1.0, at(q, observed) / at(p, observed));
    const double gained = sum_over(p, q, [](double a, double b) { return std::max(0.0, b - a); });
    std::vector<double> law(std::max(p.size(), q.size()));
    for (std::size_t k = 0; k < law.size(); ++k) {
        const double gain = std::max(0.0, at(q, k) - at(p, k));
        law[k] = gained > 0.0 ? (1.0 - stay) * gain / gained : 0.0;
    }
    law[observed] = stay;
    return law;
}

double independent_agreement(std::span<const double> p, std::span<const double> q) {
    return sum_over(p, q, [](double a, double b) { return a * b; });
}

}  // namespace otherwise
