// What a live study keeps of the worlds that it evaluated.
#pragma once

#include <cstddef>
#include <map>
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

/// All that a world's strings depend on beside the world: the first part of its key.
[[nodiscard]] std::string head_of(Study study, int sample);

/// States by a key of all that they depend on.
class LiveStates {
public:
    /// Of so many bytes in all.
    explicit LiveStates(std::size_t most) : most_(most) {}

    /// Null where it is not kept.
    [[nodiscard]] const LiveState* find(const std::string& key) const;
    /// Not kept where it alone is more than all may be.
    void put(const std::string& key, LiveState state);
    /// More than it may be: to be cleared before more is put.
    [[nodiscard]] bool full() const { return bytes_ > most_; }
    void clear();

private:
    std::size_t most_;
    std::size_t bytes_ = 0;
    std::map<std::string, LiveState> states_;
};

}  // namespace otherwise
