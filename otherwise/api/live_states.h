// What a live study keeps of the worlds that it evaluated.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "otherwise/api/live.h"

namespace otherwise {

/// What a world wrote, and what its laws are.
struct LiveState {
    std::vector<LiveTokens> strings;  ///< two a pair: the factual one and the world's
    std::vector<std::string> pairs;   ///< lines
    std::vector<std::string> laws;    ///< lines
};

/// Bytes that it takes, about.
[[nodiscard]] std::size_t bytes_of(const LiveState& state);

/// Tells of strings, their pairs and their laws.
void show(const LiveState& state, const LiveEvents& events);

/// All that a study says beside its worlds, and which sample.
[[nodiscard]] std::string head_of(Study study, int sample);

}  // namespace otherwise
