// What the pairs of one world come to: the row of a table.
//
//   unchanged        both strings have the same tokens, ends included
//   LCP              tokens in common at the start; as a share: of the factual string's length
//                    (of an empty factual string: 1 if unchanged, else 0)
//   changed tokens   positions t < max(lengths) whose tokens differ, one by one and without
//                    alignment; a position that only one string has differs
//   fragile          margin < 0.01 nats: another build or processor could have decided otherwise
//   divergence       mean LCP of the pairs that are not unchanged
//
// The EOG token is a token like others. Medians of an even number are the mean of the middle two.
// Memory: 12 bytes a pair.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "otherwise/generate/record.h"

namespace otherwise {

/// Margins below this many nats are called fragile.
inline constexpr double kFragileMargin = 0.01;

[[nodiscard]] inline bool is_fragile(const Pair& pair) { return pair.margin < kFragileMargin; }

/// The number of positions that differ, as above.
[[nodiscard]] std::int64_t changed_tokens(const Pair& pair);

/// Shares are between 0 and 1; all is 0 when there are no strings.
struct Summary {
    std::int64_t strings = 0;  ///< pairs: each sample of a string counts
    std::int64_t unchanged = 0;
    double unchanged_share = 0.0;
    double lcp_median = 0.0;        ///< tokens
    double lcp_mean = 0.0;          ///< tokens
    double lcp_median_share = 0.0;  ///< median of the shares
    double lcp_mean_share = 0.0;    ///< mean of the shares
    std::int64_t changed_tokens = 0;
    std::int64_t positions = 0;  ///< compared: the sum of max(lengths)
    double changed_share = 0.0;  ///< changed_tokens / positions
    std::int64_t fragile = 0;
    std::int64_t factual_ended = 0;  ///< by an end-of-generation token
    std::int64_t counterfactual_ended = 0;
    std::optional<double> mean_divergence;  ///< tokens; none where all are unchanged

    bool operator==(const Summary&) const = default;
};

class SummaryBuilder {
public:
    void add(const Pair& pair);

    /// Costs a partial sort of the pairs so far. The order of adding does not matter.
    [[nodiscard]] Summary summary() const;

private:
    Summary counts_;  ///< only the whole numbers
    std::int64_t lcp_sum_ = 0;
    std::int64_t diverged_lcp_sum_ = 0;
    std::vector<int> lcps_;
    std::vector<double> shares_;
};

}  // namespace otherwise
