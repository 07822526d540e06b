// What a run yields: one record for each string, sample and counterfactual world.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
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
    /// The world's prompt in tokens where it differs from the factual one.
    std::shared_ptr<const Tokens> world_prompt;

    [[nodiscard]] bool unchanged() const {
        return static_cast<std::size_t>(lcp) == factual->tokens.size() &&
               factual->tokens.size() == counterfactual.tokens.size();
    }
};

}  // namespace otherwise
