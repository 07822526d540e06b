// For tests: random numbers apart from the field under test, laws from plain double arithmetic, and
// the statistics that judge samples.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "otherwise/base/law.h"

namespace otherwise::test {

inline constexpr float kMasked = -std::numeric_limits<float>::infinity();

/// Rows of a law, made without the mechanism: weights in double, rounded once.
class Row {
public:
    explicit Row(std::vector<float> logits) : logits_(std::move(logits)) {
        peak_ = *std::max_element(logits_.begin(), logits_.end());
        double sum = 0.0;
        for (const float logit : logits_) {
            const double weight = std::exp(double{logit} - double{peak_});
            weights_.push_back(static_cast<float>(weight));
            sum += weight;
        }
        log_norm_ = double{peak_} + std::log(sum);
    }

    static Row of_probabilities(const std::vector<double>& p) {
        std::vector<float> logits;
        for (const double x : p) {
            logits.push_back(static_cast<float>(std::log(x)));
        }
        return Row(std::move(logits));
    }

    [[nodiscard]] Law law() const {
        Law law;
        law.logits = logits_;
        law.weights = weights_;
        law.peak = peak_;
        law.log_norm = log_norm_;
        return law;
    }
    [[nodiscard]] std::vector<float>& weights() { return weights_; }

private:
    std::vector<float> logits_;
    std::vector<float> weights_;
    float peak_ = 0.0F;
    double log_norm_ = 0.0;
};

inline std::vector<double> probabilities(const Law& law) {
    std::vector<double> p;
    for (std::size_t k = 0; k < law.logits.size(); ++k) {
        p.push_back(std::exp(law.log_prob(static_cast<Token>(k))));
    }
    return p;
}

/// sqrt(n) times the Kolmogorov–Smirnov distance from Exp(1). Above kKolmogorovLimit with
/// probability 1e-6 when the samples are what they should be (2 exp(−2 x²)).
inline constexpr double kKolmogorovLimit = 2.694;
inline double kolmogorov_exponential(std::vector<double> samples) {
    std::sort(samples.begin(), samples.end());
    const auto n = static_cast<double>(samples.size());
    double distance = 0.0;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double f = -std::expm1(-samples[i]);
        distance = std::max(
            {distance, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
    }
    return distance * std::sqrt(n);
}

/// Chi-square of counts against a law, as a standard normal deviate (Wilson and Hilferty). Cells
/// expecting fewer than 10 are pooled; a count where the law is 0 gives +inf. Above kDeviateLimit
/// with probability about 1e-6 when the law is true.
inline constexpr double kDeviateLimit = 4.75;
inline double chi_square_deviate(std::span<const std::size_t> counts, std::span<const double> p) {
    double n = 0.0;
    for (const std::size_t c : counts) {
        n += static_cast<double>(c);
    }
    double statistic = 0.0;
    double cells = 0.0;
    double pooled_count = 0.0;
    double pooled_expected = 0.0;
    const auto add = [&](double count, double expected) {
        statistic += (count - expected) * (count - expected) / expected;
        cells += 1.0;
    };
    for (std::size_t k = 0; k < counts.size(); ++k) {
        const auto count = static_cast<double>(counts[k]);
        if (p[k] <= 0.0 && counts[k] > 0) {
            return std::numeric_limits<double>::infinity();
        }
        if (n * p[k] >= 10.0) {
            add(count, n * p[k]);
        } else {
            pooled_count += count;
            pooled_expected += n * p[k];
        }
    }
    if (pooled_expected > 1.0) {
        add(pooled_count, pooled_expected);
    }
    if (cells < 2.0) {
        return 0.0;
    }
    const double spread = 2.0 / (9.0 * (cells - 1.0));
    return (std::cbrt(statistic / (cells - 1.0)) - (1.0 - spread)) / std::sqrt(spread);
}

}  // namespace otherwise::test
