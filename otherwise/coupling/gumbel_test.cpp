// The exact laws against rational arithmetic, against sampling, and against what they must sum to.
#include "otherwise/coupling/gumbel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "tests/support/expect_error.h"
#include "tests/support/stay_reference.h"

namespace otherwise {
namespace {

constexpr double kMasked = -std::numeric_limits<double>::infinity();
constexpr double kExact = 1e-12;

/// "12/345", of integers of any size.
double fraction(const std::string& text) {
    const auto slash = text.find('/');
    const long double numerator = std::stold(text.substr(0, slash));
    const long double denominator =
        slash == std::string::npos ? 1.0L : std::stold(text.substr(slash + 1));
    return static_cast<double>(numerator / denominator);
}

/// Logits of a law, moved by a constant that must not matter.
std::vector<double> logits_of(const nlohmann::json& law, double shift) {
    std::vector<double> logits;
    for (const auto& text : law) {
        logits.push_back(std::log(fraction(text)) + shift);
    }
    return logits;
}

std::vector<double> random_logits(std::mt19937_64& random, std::size_t n, double spread,
                                  double masked_share = 0.0) {
    std::normal_distribution<double> normal(0.0, spread);
    std::uniform_real_distribution<double> uniform;
    std::vector<double> logits(n);
    for (double& logit : logits) {
        logit = uniform(random) < masked_share ? kMasked : normal(random);
    }
    return logits;
}

double total(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

nlohmann::json cases() {
    std::ifstream file(OTHERWISE_SOURCE_DIR "/tests/data/coupling.json");
    return nlohmann::json::parse(file);
}

TEST(Gumbel, IsTheRationalLaw) {
    GumbelCoupling coupling;
    std::vector<double> law;
    ASSERT_GE(cases().size(), 15U);
    for (const auto& item : cases()) {
        const auto name = item["name"].get<std::string>();
        const auto p = logits_of(item["p"], 3.0);
        const auto q = logits_of(item["q"], -40.0);
        const auto w = item["observed"].get<Token>();
        coupling.assign(p, q);
        EXPECT_NEAR(coupling.stay(w), item["stay"].get<double>(), kExact) << name;
        EXPECT_NEAR(test::gumbel_stay(p, q, w), item["stay"].get<double>(), kExact) << name;
        EXPECT_NEAR(coupling.agreement(), item["agreement"].get<double>(), kExact) << name;
        coupling.law(w, law);
        const auto expected = item["law"].get<std::vector<double>>();
        ASSERT_EQ(law.size(), expected.size());
        for (std::size_t v = 0; v < law.size(); ++v) {
            EXPECT_NEAR(law[v], expected[v], kExact) << name << ", token " << v;
        }
    }
}

/// Σ_w p_w law_w[v] = q_v; returns the largest error.
double marginal_error(const std::vector<double>& p, const std::vector<double>& q) {
    GumbelCoupling coupling;
    coupling.assign(p, q);
    std::vector<double> marginal(coupling.size());
    std::vector<double> law;
    double agreement = 0.0;
    for (std::size_t w = 0; w < p.size(); ++w) {
        const double weight = coupling.p(static_cast<Token>(w));
        if (weight <= 0.0) {
            continue;
        }
        coupling.law(static_cast<Token>(w), law);
        EXPECT_NEAR(total(law), 1.0, kExact);
        EXPECT_EQ(law[w], coupling.stay(static_cast<Token>(w)));
        agreement += weight * law[w];
        for (std::size_t v = 0; v < law.size(); ++v) {
            EXPECT_FALSE(std::isnan(law[v]));
            marginal[v] += weight * law[v];
        }
    }
    EXPECT_NEAR(agreement, coupling.agreement(), kExact);
    double worst = 0.0;
    for (std::size_t v = 0; v < marginal.size(); ++v) {
        worst = std::max(worst, std::abs(marginal[v] - coupling.q(static_cast<Token>(v))));
    }
    return worst;
}

TEST(Gumbel, MarginalIsTheWorldsLaw) {
    std::mt19937_64 random(7);
    for (const std::size_t n : {1U, 2U, 3U, 50U, 2000U}) {
        for (const double spread : {0.5, 5.0, 60.0}) {
            const auto p = random_logits(random, n, spread);
            EXPECT_LE(marginal_error(p, random_logits(random, n, spread)), kExact);
            auto near = p;
            for (double& logit : near) {
                logit += random_logits(random, 1, 0.01)[0];
            }
            EXPECT_LE(marginal_error(p, near), kExact);
        }
    }
    for (int repeat = 0; repeat < 20; ++repeat) {
        auto p = random_logits(random, 300, 3.0, 0.5);
        auto q = random_logits(random, 290, 3.0, 0.5);  // and a shorter vocabulary
        p[0] = q[0] = 0.0;
        EXPECT_LE(marginal_error(p, q), kExact);
    }
}

TEST(Gumbel, MarginalOfALargeVocabulary) {
    constexpr std::size_t kLarge = 200000;
    std::mt19937_64 random(8);
    const auto wide = random_logits(random, kLarge, 4.0);
    std::vector<double> ten(kLarge, kMasked);  // all of the factual law on ten tokens
    for (std::size_t k = 0; k < 10; ++k) {
        ten[k * 19000 + 5] = random_logits(random, 1, 2.0)[0];
    }
    EXPECT_LE(marginal_error(ten, wide), kExact);
}

TEST(Gumbel, IsWhatSamplingGives) {
    // 200,000 joint draws of 6 tokens: 5 standard errors, about 3e-5 false alarms over all.
    constexpr int kDraws = 200000;
    std::mt19937_64 random(9);
    const auto p = random_logits(random, 6, 1.0);
    const auto q = random_logits(random, 6, 1.0);
    std::vector<std::vector<double>> counts(6, std::vector<double>(6));
    std::extreme_value_distribution<double> gumbel;
    for (int draw = 0; draw < kDraws; ++draw) {
        std::vector<double> a = p;
        std::vector<double> b = q;
        for (std::size_t k = 0; k < 6; ++k) {
            const double noise = gumbel(random);
            a[k] += noise;
            b[k] += noise;
        }
        const auto first = std::ranges::max_element(a) - a.begin();
        const auto second = std::ranges::max_element(b) - b.begin();
        counts[static_cast<std::size_t>(first)][static_cast<std::size_t>(second)] += 1.0;
    }
    GumbelCoupling coupling;
    coupling.assign(p, q);
    std::vector<double> law;
    for (std::size_t w = 0; w < 6; ++w) {
        coupling.law(static_cast<Token>(w), law);
        const double n = total(counts[w]);
        for (std::size_t v = 0; v < 6; ++v) {
            const double error = std::sqrt(law[v] * (1.0 - law[v]) / n);
            EXPECT_NEAR(counts[w][v] / n, law[v], 5.0 * error + 1e-12) << w << " → " << v;
        }
    }
    // The control: the maximal coupling is another law, which the same draws reject.
    std::vector<double> plain_p;
    std::vector<double> plain_q;
    for (Token k = 0; k < 6; ++k) {
        plain_p.push_back(coupling.p(k));
        plain_q.push_back(coupling.q(k));
    }
    double agree = 0.0;
    for (std::size_t w = 0; w < 6; ++w) {
        agree += counts[w][w];
    }
    double maximal = 0.0;  // Σ min(p, q)
    for (std::size_t k = 0; k < plain_p.size(); ++k) {
        maximal += std::min(plain_p[k], plain_q[k]);
    }
    EXPECT_GT(maximal - agree / kDraws, 0.01);
    EXPECT_NEAR(agree / kDraws, coupling.agreement(), 0.006);
}

TEST(Gumbel, EqualLawsStayExactly) {
    std::mt19937_64 random(10);
    const auto p = random_logits(random, 5000, 5.0, 0.2);
    GumbelCoupling coupling;
    coupling.assign(p, p);
    EXPECT_EQ(coupling.agreement(), 1.0);
    for (Token k = 0; k < 5000; ++k) {
        if (coupling.p(k) > 0.0) {
            EXPECT_EQ(coupling.stay(k), 1.0);
        }
    }
    auto other = p;
    const auto top = static_cast<std::size_t>(std::ranges::max_element(p) - p.begin());
    other[top] += 1e-3;
    coupling.assign(p, other);
    EXPECT_LT(coupling.agreement(), 1.0);
}

/// Agreement, and the law given the most probable token, to the last bit.
std::vector<double> all_of(const GumbelCoupling& coupling, Token best) {
    std::vector<double> all;
    coupling.law(best, all);
    all.push_back(coupling.agreement());
    return all;
}

TEST(Gumbel, GivesTheSameBitsWhateverCameBefore) {
    std::mt19937_64 random(5);
    constexpr std::size_t kTokens = 20000;
    GumbelCoupling used;
    for (int round = 0; round < 60; ++round) {
        const auto p = random_logits(random, kTokens, 2.0);
        const auto best = std::ranges::max_element(p);
        const double least = *best - 2.0 - 0.1 * round;
        std::vector<double> q = p;  // a truncation: what it leaves has one ratio, up to rounding
        std::ranges::replace_if(q, [&](double logit) { return logit < least; }, kMasked);
        const auto token = static_cast<Token>(best - p.begin());
        GumbelCoupling fresh;
        fresh.assign(p, q);
        used.assign(p, q);
        EXPECT_EQ(all_of(used, token), all_of(fresh, token)) << round;
    }
}

TEST(Gumbel, NeverNaN) {
    const std::vector<std::vector<double>> rows{
        {0.0, 0.0},    {0.0, kMasked}, {kMasked, 0.0},  {0.0, -800.0},   {-800.0, 0.0},
        {0.0, -744.0}, {1e300, 0.0},   {-1e300, 1e300}, {5.0, 5.0, 5.0}, {0.0, kMasked, 700.0}};
    GumbelCoupling coupling;
    std::vector<double> law;
    for (const auto& p : rows) {
        for (const auto& q : rows) {
            coupling.assign(p, q);
            EXPECT_FALSE(std::isnan(coupling.agreement()));
            for (Token w = 0; w < static_cast<Token>(coupling.size()); ++w) {
                if (coupling.p(w) > 0.0) {
                    coupling.law(w, law);
                    EXPECT_NEAR(total(law), 1.0, kExact);
                    const auto row = static_cast<std::size_t>(w);
                    EXPECT_NEAR(test::gumbel_stay(p, q, w), law[row], kExact);
                    EXPECT_GE(*std::ranges::min_element(law), 0.0);
                }
            }
        }
    }
}

TEST(Gumbel, RefusesWhatIsNoLaw) {
    const std::vector<double> good{0.0, kMasked};
    const std::vector<double> empty{kMasked, kMasked};
    const std::vector<double> broken{0.0, std::nan("")};
    GumbelCoupling coupling;
    EXPECT_ERROR(coupling.assign(empty, good), "factual");
    EXPECT_ERROR(coupling.assign(good, broken), "world's");
    coupling.assign(good, good);
    EXPECT_ERROR((void)coupling.stay(1), "token 1");
    EXPECT_ERROR((void)coupling.stay(7), "token 7");
    EXPECT_ERROR((void)coupling.stay(-1), "token -1");
}

}  // namespace
}  // namespace otherwise
