#include "otherwise/measure/summary.h"

#include <algorithm>
#include <numeric>

namespace otherwise {
namespace {

template <typename T>
double median(std::vector<T> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    const auto upper = static_cast<double>(*middle);
    if (values.size() % 2 == 1) {
        return upper;
    }
    return (static_cast<double>(*std::max_element(values.begin(), middle)) + upper) / 2.0;
}

double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The sum in ascending order, so that it does not depend on the order of adding.
double sorted_sum(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

std::int64_t changed_tokens(const Pair& pair) {
    const Tokens& a = pair.factual->tokens;
    const Tokens& b = pair.counterfactual.tokens;
    const std::size_t both = std::min(a.size(), b.size());
    auto changed = static_cast<std::int64_t>(std::max(a.size(), b.size()) - both);
    for (std::size_t t = 0; t < both; ++t) {
        changed += a[t] == b[t] ? 0 : 1;
    }
    return changed;
}

void SummaryBuilder::add(const Pair& pair) {
    const std::size_t length = pair.factual->tokens.size();
    const bool unchanged = pair.unchanged();
    ++counts_.strings;
    counts_.unchanged += unchanged ? 1 : 0;
    counts_.changed_tokens += otherwise::changed_tokens(pair);
    counts_.positions +=
        static_cast<std::int64_t>(std::max(length, pair.counterfactual.tokens.size()));
    counts_.fragile += is_fragile(pair) ? 1 : 0;
    counts_.factual_ended += pair.factual->ended ? 1 : 0;
    counts_.counterfactual_ended += pair.counterfactual.ended ? 1 : 0;
    lcp_sum_ += pair.lcp;
    diverged_lcp_sum_ += unchanged ? 0 : pair.lcp;
    lcps_.push_back(pair.lcp);
    const double share_of_nothing = unchanged ? 1.0 : 0.0;
    shares_.push_back(length == 0 ? share_of_nothing
                                  : ratio(pair.lcp, static_cast<std::int64_t>(length)));
}

Summary SummaryBuilder::summary() const {
    Summary result = counts_;
    if (result.strings == 0) {
        return result;
    }
    result.unchanged_share = ratio(result.unchanged, result.strings);
    result.lcp_median = median(lcps_);
    result.lcp_mean = ratio(lcp_sum_, result.strings);
    result.lcp_median_share = median(shares_);
    result.lcp_mean_share = sorted_sum(shares_) / static_cast<double>(result.strings);
    result.changed_share = ratio(result.changed_tokens, result.positions);
    if (result.unchanged < result.strings) {
        result.mean_divergence = ratio(diverged_lcp_sum_, result.strings - result.unchanged);
    }
    return result;
}

}  // namespace otherwise
