#include "otherwise/study/run_head.h"

#include <algorithm>

namespace otherwise {

int RunHead::pairs_of(std::size_t string) const {
    int pairs = 0;
    for (const auto& world : worlds) {
        if (world.role == WorldRole::change) {
            pairs += independent ? 2 : 1;
        } else {
            const auto& its = strings[string];
            const bool runs = world.role == WorldRole::null ? its.in_null : its.in_nudge;
            pairs += runs ? 1 : 0;
        }
    }
    return pairs * samples;
}

std::optional<std::size_t> RunHead::nudge_of(std::size_t world) const {
    const std::string& name = worlds[world].nudge;
    const auto found = std::ranges::find(worlds, name, &StoredWorld::name);
    return name.empty() || found == worlds.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(found - worlds.begin()));
}

std::vector<WorldLabel> RunHead::labels() const {
    std::vector<WorldLabel> labels;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        labels.push_back({.name = worlds[w].name, .role = worlds[w].role, .nudge = nudge_of(w)});
    }
    return labels;
}

}  // namespace otherwise
