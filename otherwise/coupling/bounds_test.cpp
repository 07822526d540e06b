#include "otherwise/coupling/bounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "otherwise/coupling/gumbel.h"

namespace otherwise {
namespace {

constexpr double kMasked = -std::numeric_limits<double>::infinity();

TEST(Bounds, OfOneToken) {
    const auto bounds = stay_bounds(std::log(0.8), std::log(0.6));
    EXPECT_NEAR(bounds.low, (0.8 + 0.6 - 1.0) / 0.8, 1e-15);
    EXPECT_NEAR(bounds.high, 0.6 / 0.8, 1e-15);
    EXPECT_EQ(stay_bounds(std::log(0.5), std::log(0.5)).high, 1.0);
    EXPECT_EQ(stay_bounds(std::log(0.2), std::log(0.7)).low, 0.0);
    EXPECT_EQ(stay_bounds(0.0, 0.0), (Bounds{.low = 1.0, .high = 1.0}));
    EXPECT_EQ(stay_bounds(-3.0, kMasked), (Bounds{.low = 0.0, .high = 0.0}));
}

TEST(Bounds, OfLongStrings) {  // whose probabilities are no doubles
    EXPECT_EQ(stay_bounds(-2000.0, -1990.0), (Bounds{.low = 0.0, .high = 1.0}));
    const auto less = stay_bounds(-2000.0, -2001.0);
    EXPECT_EQ(less.low, 0.0);
    EXPECT_NEAR(less.high, std::exp(-1.0), 1e-12);
}

TEST(Bounds, HoldTheGumbelCouplingBetweenThem) {
    const std::vector<double> p{0.5, 0.3, 0.15, 0.05};
    const std::vector<double> q{0.1, 0.6, 0.25, 0.05};
    std::vector<double> log_p;
    std::vector<double> log_q;
    for (std::size_t k = 0; k < p.size(); ++k) {
        log_p.push_back(std::log(p[k]));
        log_q.push_back(std::log(q[k]));
    }
    GumbelCoupling coupling;
    coupling.assign(log_p, log_q);
    for (std::size_t w = 0; w < p.size(); ++w) {
        const auto bounds = stay_bounds(log_p[w], log_q[w]);
        const double stay = coupling.stay(static_cast<Token>(w));
        EXPECT_GE(stay, bounds.low - 1e-15);
        EXPECT_LE(stay, bounds.high + 1e-15);
    }
}

}  // namespace
}  // namespace otherwise
