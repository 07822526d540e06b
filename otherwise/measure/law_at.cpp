#include "otherwise/measure/law_at.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "otherwise/coupling/gumbel.h"

namespace otherwise {

TokenLaw law_at(const Law& factual, const Law& world, Token w, int top) {
    std::vector<double> p;
    std::vector<double> q;
    std::vector<double> law;
    double_logits(factual, p);
    double_logits(world, q);
    GumbelCoupling coupling;
    coupling.assign(p, q);
    coupling.law(w, law);
    const auto outcome = [&](Token token) {
        Outcome one{.token = token,
                    .probability = law[static_cast<std::size_t>(token)],
                    .p = coupling.p(token),
                    .q = coupling.q(token)};
        one.ratio = one.p > 0.0 ? one.q / one.p : std::numeric_limits<double>::infinity();
        return one;
    };
    std::vector<Token> order;
    for (std::size_t k = 0; k < law.size(); ++k) {
        if (law[k] > 0.0) {
            order.push_back(static_cast<Token>(k));
        }
    }
    const auto shown = std::min(order.size(), static_cast<std::size_t>(std::max(0, top)));
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown),
                      order.end(), [&](Token a, Token b) {
                          const double x = law[static_cast<std::size_t>(a)];
                          const double y = law[static_cast<std::size_t>(b)];
                          return x > y || (x == y && a < b);
                      });
    TokenLaw result;
    result.observed = outcome(w);
    double sum = 0.0;
    for (std::size_t i = 0; i < shown; ++i) {
        result.outcomes.push_back(outcome(order[i]));
        sum += result.outcomes.back().probability;
    }
    result.rest = std::max(0.0, 1.0 - sum);
    result.bounds = stay_bounds(std::log(result.observed.p), std::log(result.observed.q));
    return result;
}

}  // namespace otherwise
