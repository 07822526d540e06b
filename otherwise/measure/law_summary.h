// What the laws of one world come to: the row of a table.
//
//   P(unchanged), expected LCP   means over strings (law.h), 95 % intervals over strings
//   survival[t]                  mean of P(LCP > t) over the strings with more than t tokens
//   agreement                    mean stay: what two coupled draws agree on. Unbiased where the
//                                strings were sampled from the factual world; of observed texts it
//                                is the mean over their tokens
//   same draw                    mean Σ p q: what two independent draws agree on
//   KL divergence                Σ p log(p / q) of each scored position, nats
//   same top                     share of positions whose most probable token is the same
//   RMS Δp                       root mean square of q_w − p_w, w the factual token
//   perplexity                   exp(− mean log p_w), and of q
//
// Positions after a do are not scored. Quantiles interpolate between order statistics.
// Memory: 4 bytes a scored position, 20 bytes a string.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "otherwise/measure/statistics.h"
#include "otherwise/measure/string_law.h"

namespace otherwise {

struct Quantiles {
    double mean = 0.0;
    double median = 0.0;
    double p90 = 0.0;
    double p99 = 0.0;
    double p999 = 0.0;
    double maximum = 0.0;
};

/// Mean and quantiles of the values, which are reordered. All 0 when there are none; +inf allowed.
[[nodiscard]] Quantiles quantiles_of(std::vector<float>& values);

struct SurvivalPoint {
    double value = 0.0;  ///< mean of P(LCP > t)
    long n = 0;          ///< strings with more than t tokens
};

struct LawSummary {
    long strings = 0;    ///< factual strings: each sample of a string counts
    long positions = 0;  ///< scored
    long lost = 0;       ///< positions at or after a do that differs
    Measured unchanged;
    Measured expected_lcp;                ///< tokens
    double length = 0.0;                  ///< mean tokens of the factual strings
    std::vector<SurvivalPoint> survival;  ///< by t
    double agreement = 0.0;
    std::optional<double> exact_agreement;
    double same_draw = 0.0;
    Quantiles kl;  ///< nats
    double same_top = 0.0;
    double rms_dp = 0.0;
    double perplexity = 0.0;  ///< of the factual world
    double other_perplexity = 0.0;
    Bounds bounds;        ///< mean bounds of P(unchanged) over all couplings of strings
    Bounds token_bounds;  ///< the same over couplings independent across positions
};

class LawSummaryBuilder {
public:
    void add(const StringLaw& law);
    /// Reorders what was kept, in place.
    [[nodiscard]] LawSummary summary(Resampler& resampler);
    [[nodiscard]] LawSummary summary();

private:
    LawSummary sums_;
    std::vector<double> unchanged_;
    std::vector<double> expected_;
    std::vector<int> clusters_;
    std::vector<float> kl_;
    double log_p_ = 0.0;
    double log_q_ = 0.0;
    double stay_ = 0.0;
    double coupled_ = 0.0;
    double low_ = 0.0;
    double high_ = 0.0;
    double token_low_ = 0.0;
    double token_high_ = 0.0;
    bool has_coupled_ = false;
};

}  // namespace otherwise
