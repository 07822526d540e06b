// How far to guess that a world writes what the factual one wrote.
//
// Draft tokens are verified together, at the speed of a prompt; a wrong one costs its row and all
// after it. Feeding the k-th draft token pays while  n · (1 − h)^k · gain > 1, where h is the share
// of positions at which this world has diverged so far, n the samples that share the row, and gain
// what a row costs when it is decoded by itself, in rows of a long call. The choice never changes a
// result.
#pragma once

#include "otherwise/generate/bundle.h"

namespace otherwise {

class DraftPolicy {
public:
    /// `parallel` streams decode together when drafts are not used.
    explicit DraftPolicy(int parallel);

    /// Counts `positions` written under the noise of which `diverged` left the factual string.
    void observe(int positions, int diverged);

    /// Draft tokens worth feeding for so many samples.
    [[nodiscard]] int length(int samples) const;

private:
    double gain_;
    double positions_ = 20.0;  // prior: about one divergence in thirteen tokens
    double diverged_ = 1.5;
};

/// The tokens that follow the bundle's written ones if it goes on as drafted: forced tokens, and
/// the factual ones while every sample follows and all their factual strings agree. At most `room`,
/// of which `guesses` may fail: forced ones are certain. Never an end token and never the last
/// token of the limit, after which nothing is predicted.
[[nodiscard]] Tokens draft(const Bundle& bundle, const Rules& rules, int guesses, int room);

}  // namespace otherwise
