#include "otherwise/measure/law_at.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "otherwise/mechanism/mechanism.h"

namespace otherwise {
namespace {

/// The law of these probabilities.
Law law_of(const std::vector<double>& p, LawScratch& scratch, std::vector<float>& row) {
    row.clear();
    for (const double x : p) {
        row.push_back(static_cast<float>(std::log(x)));
    }
    return make_law({}, row, scratch);
}

TEST(LawAt, ShowsWhatATokenBecomesAndWhy) {
    LawScratch a;
    LawScratch b;
    std::vector<float> p_row;
    std::vector<float> q_row;
    const Law p = law_of({0.5, 0.3, 0.2, 0.0}, a, p_row);
    const Law q = law_of({0.25, 0.45, 0.1, 0.2}, b, q_row);
    const auto law = law_at(p, q, 0, 3);
    EXPECT_EQ(law.observed.token, 0);
    EXPECT_NEAR(law.observed.p, 0.5, 1e-6);
    EXPECT_NEAR(law.observed.q, 0.25, 1e-6);
    EXPECT_NEAR(law.observed.ratio, 0.5, 1e-6);
    // stay = 1 / Σ max(p, q / 0.5) = 1 / (0.5 + 0.9 + 0.2 + 0.4)
    EXPECT_NEAR(law.observed.probability, 0.5, 1e-6);
    ASSERT_EQ(law.outcomes.size(), 3U);
    EXPECT_EQ(law.outcomes[0].token, 0);
    double sum = law.rest;
    for (const auto& outcome : law.outcomes) {
        sum += outcome.probability;
        EXPECT_GE(outcome.ratio, law.observed.ratio - 1e-6);  // only those that grew more
    }
    EXPECT_NEAR(sum, 1.0, 1e-12);
    EXPECT_NEAR(law.rest, 0.0, 1e-6);
    EXPECT_EQ(law.outcomes[2].token, 3);
    EXPECT_EQ(law.outcomes[2].ratio, std::numeric_limits<double>::infinity());
    EXPECT_NEAR(law.bounds.high, 0.5, 1e-6);
}

TEST(LawAt, KeepsTheRest) {
    LawScratch a;
    LawScratch b;
    std::vector<float> p_row;
    std::vector<float> q_row;
    const Law p = law_of({0.7, 0.1, 0.1, 0.1}, a, p_row);
    const Law q = law_of({0.1, 0.5, 0.2, 0.2}, b, q_row);
    const auto law = law_at(p, q, 0, 1);
    ASSERT_EQ(law.outcomes.size(), 1U);
    EXPECT_EQ(law.outcomes[0].token, 1);
    EXPECT_NEAR(law.rest, 1.0 - law.outcomes[0].probability, 1e-12);
    EXPECT_EQ(law_at(p, p, 2, 5).outcomes.size(), 1U);  // stays surely
}

}  // namespace
}  // namespace otherwise
