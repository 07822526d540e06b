#include "otherwise/world/nudges.h"

#include <algorithm>
#include <span>

#include "otherwise/world/edits.h"

namespace otherwise {
namespace {

/// Takes in one more change of the world.
void add(std::optional<NudgeSite>& site, int layer, Scope scope) {
    if (!site) {
        site = {.layer = layer, .scope = scope};
        return;
    }
    site->layer = std::min(site->layer, layer);
    site->scope = site->scope == scope ? scope : Scope::all;
}

/// The items that a world has beyond the factual ones, which come first.
template <typename Item>
std::size_t first_own(const std::vector<Item>& factual, const std::vector<Item>& own) {
    return static_cast<std::size_t>(std::ranges::mismatch(factual, own).in2 - own.begin());
}

}  // namespace

std::optional<NudgeSite> nudge_site(const OpenedWorld& factual, const OpenedWorld& world) {
    const WorldPlan& from = factual.plan;
    const WorldPlan& to = world.plan;
    std::optional<NudgeSite> site;
    const bool everywhere =
        from.model != to.model || from.weights != to.weights || from.cache_keys != to.cache_keys ||
        from.cache_values != to.cache_values || from.flash_attention != to.flash_attention;
    if (everywhere || !(from.prompt == to.prompt)) {
        add(site, 0, Scope::all);
    }
    for (std::size_t i = first_own(from.loras, to.loras); i < to.loras.size(); ++i) {
        add(site, world.lora_layers[i], to.loras[i].scope);
    }
    for (std::size_t i = first_own(from.edits, to.edits); i < to.edits.size(); ++i) {
        add(site, world.edit_layers[i], scope_of(to.edits[i]));
    }
    return site;
}

World nudge_world(const NudgeSite& site, bool only) {
    std::string name = "nudge";
    if (!only) {
        name += "-" + std::to_string(site.layer);
        name += site.scope == Scope::prompt ? "-prompt" : "";
        name += site.scope == Scope::written ? "-written" : "";
    }
    return {.name = std::move(name),
            .interventions = {Nudge{.scale = kNudgeSize,
                                    .layers = {.first = site.layer, .last = site.layer},
                                    .scope = site.scope}}};
}

}  // namespace otherwise
