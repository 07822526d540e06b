#include "otherwise/api/live_states.h"

#include <utility>

namespace otherwise {

std::size_t bytes_of(const LiveState& state) {
    constexpr std::size_t kText = sizeof(std::string);
    std::size_t bytes = 0;
    for (const auto& string : state.strings) {
        for (const auto& piece : string.pieces) {
            bytes += kText + piece.size() + sizeof(Token);
        }
    }
    for (const auto* lines : {&state.pairs, &state.laws}) {
        for (const auto& line : *lines) {
            bytes += kText + line.size();
        }
    }
    return bytes;
}

void show(const LiveState& state, const LiveEvents& events) {
    for (std::size_t i = 0; i < state.pairs.size(); ++i) {
        for (std::size_t side = 2 * i; events.on_string && side < 2 * i + 2; ++side) {
            events.on_string(state.strings[side]);
        }
        if (events.on_pair) {
            events.on_pair(state.pairs[i]);
        }
    }
    for (std::size_t i = 0; events.on_law && i < state.laws.size(); ++i) {
        events.on_law(state.laws[i]);
    }
}

std::string head_of(Study study, int sample) {
    study.worlds.clear();
    study.null_strings = FloorStrings::none;
    return to_toml(study) + "\nsample " + std::to_string(sample) + "\n";
}

const LiveState* LiveStates::find(const std::string& key) const {
    const auto found = states_.find(key);
    return found == states_.end() ? nullptr : &found->second;
}

void LiveStates::put(const std::string& key, LiveState state) {
    const std::size_t bytes = key.size() + bytes_of(state);
    if (bytes > most_) {
        return;
    }
    if (const LiveState* old = find(key)) {
        bytes_ -= key.size() + bytes_of(*old);
    }
    bytes_ += bytes;
    states_.insert_or_assign(key, std::move(state));
}

void LiveStates::clear() {
    states_.clear();
    bytes_ = 0;
}

}  // namespace otherwise
