// Internal to noise: the exact scores of a race and the two best so far. See race.h for the law.
#pragma once

#include <cstdint>
#include <limits>

#include "otherwise/noise/race.h"

namespace otherwise {

/// Scores are entered in any order, each token at most once; the result does not depend on it.
class Contest {
public:
    /// Enters the observed token at once, where there is one. `hindsight` must be possible.
    Contest(const Law& world, const Clocks& clocks, const Hindsight* hindsight) noexcept;

    /// Computes the exact score of a token in the vocabulary and enters it; masked tokens and the
    /// observed one (already entered) change nothing. `upper` are the upper bits of its clock.
    void enter(Token token, std::uint32_t upper) noexcept;

    /// Second-best score so far; −inf until two tokens are in.
    [[nodiscard]] double second() const noexcept { return second_; }

    [[nodiscard]] Finish finish() const noexcept;

    /// The clocks to enter tokens with.
    [[nodiscard]] const Clocks& clocks() const noexcept { return posterior_.clocks(); }

private:
    void place(Token token, double score) noexcept;

    static constexpr double kNone = -std::numeric_limits<double>::infinity();

    const Law& world_;
    Posterior posterior_;
    Token observed_ = -1;
    double best_ = kNone;
    double second_ = kNone;
    Token winner_ = -1;
    Token runner_up_ = -1;
};

/// Enters every token of the world that can still be first or second, and few others. The world
/// has weights.
void scan(const Law& world, const Clocks& clocks, Contest& contest);

}  // namespace otherwise
