// What a run yields: one record for each string, sample and counterfactual world.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "otherwise/base/token.h"

namespace otherwise {

/// A written continuation: its tokens (with the EOG token where it ended) and how it ended.
struct Written {
    Tokens tokens;
    bool ended = false;  ///< by an end-of-generation token; else by the limit
};

/// What a world is there for: to be asked about, or as a floor of every measure.
enum class WorldRole : std::uint8_t {
    change,  ///< a world of the user's
    null,    ///< the factual world again: bit for bit the same
    nudge    ///< a change of no meaning (world/nudges.h)
};

/// Where a counterfactual string leaves its factual one, and how nearly it did not.
struct Divergence {
    int position = 0;           ///< of the written tokens; the pair's lcp
    Token factual = -1;         ///< −1 past the end of the string
    Token counterfactual = -1;  ///< the token that won
    Token runner_up = -1;       ///< the second of its race; −1 where a do decided
    double margin = std::numeric_limits<double>::infinity();  ///< nats between the two

    bool operator==(const Divergence&) const = default;
};

/// One counterfactual string beside its factual one.
struct Pair {
    int string = 0;  ///< index into the run's subjects
    int sample = 0;
    int world = 0;  ///< index into the run's worlds; see also `role`
    WorldRole role = WorldRole::change;
    bool independent = false;  ///< written under fresh noise, for comparison
    bool observed = false;
    std::shared_ptr<const Written> factual;
    Written counterfactual;
    int lcp = 0;  ///< tokens in common at the start
    /// Smallest gap in nats between the best and second-best perturbed logit, over the positions up
    /// to and at the divergence; +inf where no noise decided.
    double margin = std::numeric_limits<double>::infinity();
    /// Nothing where the strings are the same, and under fresh noise, which no race is shared with.
    std::optional<Divergence> divergence{};
    /// The world's prompt in tokens where it differs from the factual one.
    std::shared_ptr<const Tokens> world_prompt;

    [[nodiscard]] bool unchanged() const {
        return static_cast<std::size_t>(lcp) == factual->tokens.size() &&
               factual->tokens.size() == counterfactual.tokens.size();
    }
};

/// Position and tokens from the strings, the rest as it is in `decided`.
[[nodiscard]] Divergence divergence_of(const Pair& pair, Divergence decided);

}  // namespace otherwise
