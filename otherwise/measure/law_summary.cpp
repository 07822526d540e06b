#include "otherwise/measure/law_summary.h"

#include <algorithm>
#include <cmath>

#include "otherwise/measure/cluster_rates.h"

namespace otherwise {
namespace {

double ratio(double sum, long n) { return n > 0 ? sum / static_cast<double>(n) : 0.0; }

/// Between the order statistics around share · (n − 1); reorders the values.
double quantile(std::vector<float>& values, double share) {
    const double at = share * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::ptrdiff_t>(at);
    std::nth_element(values.begin(), values.begin() + low, values.end());
    const double below = values[static_cast<std::size_t>(low)];
    const double part = at - static_cast<double>(low);
    if (part <= 0.0) {
        return below;
    }
    const double above = *std::min_element(values.begin() + low + 1, values.end());
    return std::isfinite(above) ? below + part * (above - below) : above;
}

}  // namespace

Quantiles quantiles_of(std::vector<float>& values) {
    Quantiles result;
    if (values.empty()) {
        return result;
    }
    double sum = 0.0;
    for (const float value : values) {
        sum += double{value};
    }
    result.mean = sum / static_cast<double>(values.size());
    result.median = quantile(values, 0.5);
    result.p90 = quantile(values, 0.9);
    result.p99 = quantile(values, 0.99);
    result.p999 = quantile(values, 0.999);
    result.maximum = double{*std::ranges::max_element(values)};
    return result;
}

void LawSummaryBuilder::add(const StringLaw& law) {
    ++sums_.strings;
    unchanged_.push_back(law.prefix.unchanged);
    expected_.push_back(law.prefix.expected_lcp);
    clusters_.push_back(law.string);
    sums_.length += static_cast<double>(law.stay.size());
    const auto& survival = law.prefix.survival;
    sums_.survival.resize(std::max(sums_.survival.size(), survival.size()));
    for (std::size_t t = 0; t < survival.size(); ++t) {
        sums_.survival[t].value += survival[t];
        ++sums_.survival[t].n;
    }
    sums_.positions += static_cast<long>(law.at.size());
    sums_.lost += law.lost;
    for (const Comparison& at : law.at) {
        stay_ += at.stay;
        sums_.same_draw += at.same_draw;
        kl_.push_back(static_cast<float>(at.kl));
        sums_.same_top += at.top_p == at.top_q ? 1.0 : 0.0;
        const double gap = std::exp(at.log_q) - std::exp(at.log_p);
        sums_.rms_dp += gap * gap;
        log_p_ += at.log_p;
        log_q_ += at.log_q;
    }
    for (const double agreement : law.agreement) {
        coupled_ += agreement;
        has_coupled_ = true;
    }
    low_ += law.bounds.low;
    high_ += law.bounds.high;
    token_low_ += law.token_bounds.low;
    token_high_ += law.token_bounds.high;
}

LawSummary LawSummaryBuilder::summary() {
    Resampler resampler;
    return summary(resampler);
}

LawSummary LawSummaryBuilder::summary(Resampler& resampler) {
    LawSummary result = sums_;
    result.unchanged = cluster_rate(unchanged_, clusters_);
    result.expected_lcp = cluster_mean(expected_, clusters_, resampler);
    result.length = ratio(sums_.length, sums_.strings);
    for (auto& point : result.survival) {
        point.value = ratio(point.value, point.n);
    }
    const long n = sums_.positions;
    result.agreement = ratio(stay_, n);
    if (has_coupled_) {
        result.exact_agreement = ratio(coupled_, n);
    }
    result.same_draw = ratio(sums_.same_draw, n);
    result.kl = quantiles_of(kl_);
    result.same_top = ratio(sums_.same_top, n);
    result.rms_dp = std::sqrt(ratio(sums_.rms_dp, n));
    result.perplexity = n > 0 ? std::exp(-log_p_ / static_cast<double>(n)) : 0.0;
    result.other_perplexity = n > 0 ? std::exp(-log_q_ / static_cast<double>(n)) : 0.0;
    result.bounds = {.low = ratio(low_, sums_.strings), .high = ratio(high_, sums_.strings)};
    result.token_bounds = {.low = ratio(token_low_, sums_.strings),
                           .high = ratio(token_high_, sums_.strings)};
    return result;
}

}  // namespace otherwise
