// A world beside its nudge: what of its change is more than rounding.
//
// F, W and N are what the factual world, the world and its nudge write under the same noise. Then
// {W ≠ F} lies within {N ≠ F} ∪ {W ≠ N}, so
//
//   P(W ≠ F) − P(N ≠ F) ≤ P(W ≠ N)
//
// and the difference is a lower bound of the share of strings that this change decides and one of
// no meaning does not. It is taken on the strings that both ran on, paired. What the change would
// do without any rounding it does not say: effects add up in no simple way (docs/mathematics.md).
#pragma once

#include <map>
#include <utility>

#include "otherwise/measure/statistics.h"

namespace otherwise {

/// Shares of strings that changed, sampled or by the exact law.
struct BeyondRounding {
    Measured world;  ///< on the strings that the nudge ran on, too
    Measured nudge;
    Measured difference;  ///< world − nudge, paired: at least so much is more than rounding
    /// Whether the interval of the difference leaves room for none.
    [[nodiscard]] bool near_floor() const { return !(difference.interval.low > 0.0); }
};

/// Which strings of a world changed. Memory: 60 bytes a string.
class ChangedStrings {
public:
    /// `changed` is 1 or 0 of a sampled pair, 1 − P(unchanged) of a law.
    void add(int string, int sample, double changed) { changed_[{string, sample}] = changed; }

    /// By string and sample.
    [[nodiscard]] const std::map<std::pair<int, int>, double>& all() const { return changed_; }

private:
    std::map<std::pair<int, int>, double> changed_;
};

/// On the strings in common; n is 0 where there are none.
[[nodiscard]] BeyondRounding compare_rounding(const ChangedStrings& world,
                                              const ChangedStrings& nudge);

}  // namespace otherwise
