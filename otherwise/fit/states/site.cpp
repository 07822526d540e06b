#include "otherwise/fit/states/site.h"

#include <algorithm>
#include <array>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/model/inspect.h"

namespace otherwise {
namespace {

using Word = std::pair<std::string_view, std::string_view>;
constexpr std::array<Word, 6> kWords{{{"residual", "l_out"},
                                      {"mlp", "ffn_out"},
                                      {"attention", "attn_out"},
                                      {"attention-norm", "attn_norm"},
                                      {"mlp-norm", "ffn_norm"},
                                      {"heads", "kqv_out"}}};

std::string known_sites(const std::vector<Site>& sites) {
    std::string list;
    for (const auto& [name, node] : kWords) {
        const bool there = std::ranges::any_of(
            sites, [&, node = node](const Site& site) { return site.node == node; });
        if (there) {
            list += (list.empty() ? "" : ", ") + std::string(name);
        }
    }
    return list;
}

void require_in_model(const Model& model, const LayerRange& range) {
    const int last = model.n_layer() - 1;
    const auto refuse = [&](const std::string& expected) {
        const auto first = std::to_string(std::max(range.first, 0));
        const auto end = std::to_string(range.last < 0 ? last : range.last);
        misuse({.where = "find_fit_site",
                .expected = expected,
                .came = setting("layers", first == end ? first : first + "-" + end),
                .advice = "the model has " + std::to_string(last + 1) + " layers, from 0"});
    };
    if (range.first > last || range.last > last) {
        refuse("layers within 0-" + std::to_string(last));
    }
    if (range.first >= 0 && range.last >= 0 && range.first > range.last) {
        refuse(setting("layers", "A-B") + " with A at most B");
    }
}

}  // namespace

std::vector<std::string> site_names() {
    std::vector<std::string> names;
    for (const auto& [name, node] : kWords) {
        names.emplace_back(name);
    }
    return names;
}

std::string_view node_of_site(std::string_view name) {
    for (const auto& [word, node] : kWords) {
        if (word == name) {
            return node;
        }
    }
    return "";
}

FitSite find_fit_site(const Model& model, const std::string& name, const LayerRange& range) {
    require_in_model(model, range);
    const auto sites = find_sites(model);
    const auto node = node_of_site(name);
    const auto found =
        std::ranges::find_if(sites, [&](const Site& site) { return site.node == node; });
    if (node.empty() || found == sites.end()) {
        misuse({.where = "find_fit_site",
                .expected = "a site that architecture " + model.architecture() + " has (" +
                            known_sites(sites) + ")",
                .came = "'" + name + "'",
                .advice = "choose one of these; " + our_command("inspect") +
                          " says where each one acts"});
    }
    FitSite site{.name = name, .node = std::string(node), .layers = {}, .width = found->width};
    for (const int layer : found->layers) {
        if (layer >= range.first && (range.last < 0 || layer <= range.last)) {
            site.layers.push_back(layer);
        }
    }
    if (site.layers.empty()) {
        misuse({.where = "find_fit_site",
                .expected = "a layer with the site " + name,
                .came = "none in that range"});
    }
    return site;
}

}  // namespace otherwise
