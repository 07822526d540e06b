// What determines an edit beside its facts, and what it will take: plain values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "otherwise/fit/tail/target_state.h"

namespace otherwise {

struct KeyCovariance;  // key_covariance.h

/// Where the keys of a covariance come from (key_covariance.h).
struct CovarianceText {
    std::filesystem::path corpus{};  ///< a text file; empty = the model's own samples
    long tokens = 0;                 ///< at most so many; 0 = covariance_tokens()
    std::uint64_t seed = 0;          ///< of the samples
};

enum class EditMethod { rome, memit };

struct EditSettings {
    EditMethod method = EditMethod::rome;
    std::string preset;       ///< that they come from, or ""
    std::vector<int> layers;  ///< ascending; one for ROME
    TargetSettings target;
    int prefixes = 5;
    double damping = 0.01;
    double covariance_weight = 1.0;  ///< MEMIT's λ over n_ff
    CovarianceText text;
    std::filesystem::path cache;
    /// Of (some of) the layers, where they are known already: these are not gathered again.
    std::shared_ptr<const std::vector<KeyCovariance>> covariances{};
    std::uint64_t seed = 0;
    int threads = 1;
    bool force = false;  ///< edit also where a subject has no state of its own; see first_state.h
};

/// Phases, in order; progress is in their own unit. The last two look at what was made.
enum class EditPhase { prefixes, covariance, states, target, write, effect, scores };

/// What an edit takes, in bytes beside the model's file, from above.
struct EditMemory {
    std::size_t sampling = 0;     ///< the context in which the model writes texts
    std::size_t reading = 0;      ///< that in which it reads prompts
    std::size_t covariance = 0;   ///< sums of keys while they are gathered
    std::size_t kept = 0;         ///< the covariances, packed
    std::size_t facts = 0;        ///< their prompts, states and target values
    std::size_t writing = 0;      ///< keys and changes while layers are written
    std::size_t adapter = 0;      ///< the changes while they are saved and loaded
    std::size_t effect = 0;       ///< the contexts that compare the model before and after
    std::size_t solver = 0;       ///< of one layer's update
    std::size_t copies = 0;       ///< of weights, for the gradient
    std::size_t turning = 0;      ///< one of these while it is made
    std::size_t activations = 0;  ///< of the gradient
    bool small_copies = false;
    int facts_at_once = 1;

    /// Gathering, the gradient and the update come one after the other.
    [[nodiscard]] std::size_t most() const;
    /// What a bound on the memory is for.
    [[nodiscard]] std::size_t gradient() const { return copies + std::max(activations, turning); }
};

}  // namespace otherwise
