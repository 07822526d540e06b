// The floors of a session: the null world, the nudges, and the strings on which they run.
#include <algorithm>
#include <set>

#include "otherwise/generate/session.h"
#include "otherwise/world/edits.h"
#include "otherwise/world/nudges.h"

namespace otherwise {
namespace {

constexpr std::size_t kLeastStrings = 32;
constexpr std::size_t kShare = 20;  // one in twenty

}  // namespace

std::vector<bool> null_selection(std::size_t n) {
    const std::size_t wanted = std::min(n, std::max(kLeastStrings, (n + kShare - 1) / kShare));
    std::vector<bool> selected(n);
    for (std::size_t i = 0; i < n; ++i) {
        selected[i] = (i + 1) * wanted / n > i * wanted / n;
    }
    return selected;
}

/// The first block from `layer` on with a residual in the graph.
std::optional<int> Session::residual_from(int layer) {
    for (const auto& site : shelf_->sites(factual_.plan)) {
        if (site.node == kResidual) {
            const auto found = std::ranges::lower_bound(site.layers, layer);
            return found == site.layers.end() ? std::nullopt : std::optional(*found);
        }
    }
    return std::nullopt;
}

/// One nudge for each site at which a world first acts.
void Session::open_nudges() {
    nudge_of_.assign(worlds_.size(), std::nullopt);
    if (options_.nudge_strings == FloorStrings::none) {
        return;
    }
    std::vector<std::optional<NudgeSite>> wanted;
    std::set<NudgeSite> sites;
    for (const auto& world : worlds_) {
        auto& site = wanted.emplace_back(nudge_site(factual_, world));
        const auto layer = site ? residual_from(site->layer) : std::nullopt;
        if (site && !layer) {
            factual_.notes.push_back("no rounding floor beside world '" + world.plan.name +
                                     "': the graph has no residual (l_out) after block " +
                                     std::to_string(site->layer));
        }
        if (layer) {
            site->layer = *layer;
            sites.insert(*site);
        }
    }
    const auto first = sites.empty() && options_.nudge_strings == FloorStrings::all
                           ? residual_from(0)
                           : std::nullopt;
    if (first) {
        sites.insert({.layer = *first});
    }
    for (const auto& site : sites) {
        for (std::size_t w = 0; w < worlds_.size(); ++w) {
            nudge_of_[w] = wanted[w] == site ? names_.size() : nudge_of_[w];
        }
        const auto plan = with_interventions(factual_.plan, nudge_world(site, sites.size() == 1));
        floors_.push_back({.role = WorldRole::nudge,
                           .world = open_world(plan, *shelf_, *factual_.model, options_.open)});
        names_.push_back(plan.name);
    }
}

const std::vector<bool>& Session::strings_of(std::size_t world) const {
    static const std::vector<bool> kAll;
    return world < worlds_.size() ? kAll : floors_[world - worlds_.size()].strings;
}

/// The strings of every floor.
void Session::choose_strings() {
    for (auto& floor : floors_) {
        const auto which =
            floor.role == WorldRole::null ? options_.null_strings : options_.nudge_strings;
        floor.strings = which == FloorStrings::all ? std::vector<bool>(subjects_.size(), true)
                                                   : null_selection(subjects_.size());
    }
}

}  // namespace otherwise
