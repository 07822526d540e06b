// Which worlds of a run go along with the factual strings, without rows before their divergence.
#pragma once

#include "otherwise/base/mechanism.h"

namespace otherwise {

/// One token is all that it ever writes after a prefix, whatever the noise.
[[nodiscard]] inline bool is_sure(const Mechanism& mechanism) {
    return mechanism.greedy() || mechanism.top_k == 1;
}

/// What the choice depends on, beside that a world has the factual network and prompts.
struct SharingTerms {
    bool can_trim = true;  ///< streams can be cut back to where a sample left
    bool writes = true;    ///< the worlds write strings; else laws are read of the factual ones
    bool several = false;  ///< some prompt has several sampled strings
    Mechanism factual{};
};

/// Whether such a world goes along. Not where it would write on from streams that cannot be cut
/// back: each sample would read its prompt again. Nor where it is sure, beside several sampled
/// strings of a prompt: one string of its own is cheaper than what follows each of their
/// divergences.
[[nodiscard]] inline bool goes_along(const Mechanism& world, const SharingTerms& terms) {
    const bool alike = terms.several && is_sure(world) && !is_sure(terms.factual);
    return !terms.writes || (terms.can_trim && !alike);
}

}  // namespace otherwise
