#include "otherwise/api/live_states.h"

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

}  // namespace otherwise
