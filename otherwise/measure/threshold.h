// The smallest strength at which a string changes, under its fixed noise.
//
// A strength is tried by reading the factual string in the world at that strength: the string is
// unchanged if at every position the race under its noise (or the noise that hindsight infers) is
// won by the factual token. Bisection halves [low, high], unchanged at low and changed at high, so
// the result is a strength at which the string changes, within (high − low) / 2^halvings of one at
// which it does not: the smallest, where a string that has changed stays changed as the strength
// grows. All strings that are tried at one strength are read together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "otherwise/generate/draws.h"
#include "otherwise/generate/run.h"

namespace otherwise {

struct ThresholdOptions {
    double low = 0.0;
    double high = 1.0;
    int halvings = 8;
};

/// One string and sample.
struct Threshold {
    int string = 0;
    int sample = 0;
    std::shared_ptr<const Written> factual;
    std::optional<double> strength;  ///< none: still unchanged at `high`
    bool impossible = false;         ///< the factual mechanism forbids it: nothing is known
    bool at_low = false;             ///< already changed at `low`, which is `strength` then
    int position = -1;               ///< where it changes at that strength
    Token token = -1;                ///< what it writes there instead
};

/// The world at a strength.
struct StrengthWorld {
    /// With at least `parallel` + min_rows − 1 streams; null where the factual logits are its own.
    std::unique_ptr<Evaluator> evaluator{};
    Mechanism mechanism{};
};
using WorldAtStrength = std::function<StrengthWorld(double strength, int parallel)>;

/// For every string and sample of the scene, in order; `world` gives prompts and the rules but for
/// the mechanism, its evaluator is not used. Reads at most halvings + 2 times each string; observed
/// strings are read in the factual world, too. When cancelled: empty before both ends are known,
/// else strengths at which the strings change, not yet the smallest. Throws Error: a failing
/// backend; without skip_impossible, an observed token that the factual mechanism forbids.
[[nodiscard]] std::vector<Threshold> find_thresholds(
    const Scene& scene, const RunWorld& world, const WorldAtStrength& at,
    const ThresholdOptions& options, const std::function<void(long done, long total)>& progress,
    const std::function<bool()>& cancelled);

}  // namespace otherwise
