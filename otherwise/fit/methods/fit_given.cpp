// fit_states of learn.h.
#include <algorithm>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/number_list.h"
#include "otherwise/fit/methods/fit_notes.h"
#include "otherwise/fit/methods/learn.h"
#include "otherwise/fit/methods/learned.h"
#include "otherwise/fit/methods/requirements.h"
#include "otherwise/fit/states/site.h"

namespace otherwise {
namespace {

void require_shape(const GivenStates& states) {
    const bool ascending =
        std::ranges::adjacent_find(states.layers, std::greater_equal<>()) == states.layers.end();
    if (states.layers.empty() || states.layers.front() < 0 || !ascending || states.width < 1) {
        misuse({.where = "fit_states",
                .expected = "states of layers from 0, ascending, and their width",
                .came = "layers " + number_list(states.layers) + " of width " +
                        std::to_string(states.width)});
    }
    const auto width = static_cast<std::size_t>(states.width);
    for (const auto& set : states.sets) {
        const bool whole =
            set.layers.size() == states.layers.size() &&
            std::ranges::all_of(set.layers, [&](const auto& values) {
                return values.size() == set.layers.front().size() && values.size() % width == 0;
            });
        if (!whole) {
            misuse({.where = "fit_states",
                    .expected = "as many states of each text as there are layers, of one width",
                    .came = "others in '" + set.name + "'"});
        }
    }
}

/// The given layers that are in range.
std::vector<int> layers_in(const GivenStates& states, const LayerRange& range) {
    std::vector<int> chosen;
    for (const int layer : states.layers) {
        if (layer >= range.first && (range.last < 0 || layer <= range.last)) {
            chosen.push_back(layer);
        }
    }
    return chosen;
}

std::string node_of(const FitRequest& request) {
    const bool heads = request.method == FitMethod::iti;
    const auto node = node_of_site(heads ? "heads" : request.site);
    if (node.empty()) {
        misuse({.where = "fit_states", .expected = "a site", .came = "'" + request.site + "'"});
    }
    return std::string(node);
}

void require_heads_fit(const GivenStates& states, const FitRequest& request) {
    if (request.method == FitMethod::iti &&
        (states.n_head < 1 || states.width % states.n_head != 0)) {
        misuse({.where = "fit_states",
                .expected = "heads of one width side by side in a state",
                .came = std::to_string(states.n_head) + " in a width of " +
                        std::to_string(states.width)});
    }
}

std::vector<SetSize> sizes_of(const GivenStates& states) {
    std::vector<SetSize> sizes;
    for (const auto& set : states.sets) {
        sizes.push_back({.name = set.name,
                         .n = set.layers.front().size() / static_cast<std::size_t>(states.width)});
    }
    return sizes;
}

FitPlan plan_of(const GivenStates& states, const FitRequest& request) {
    FitPlan plan{.node = node_of(request), .layers = layers_in(states, request.layers.range)};
    if (plan.layers.empty()) {
        misuse({.where = "fit_states",
                .expected = setting("layers") + " that are given",
                .came = "none of " + number_list(states.layers)});
    }
    drop_block_zero(request, plan.node, plan.layers);
    for (const auto& set : sizes_of(states)) {
        plan.n_texts += set.n;
        plan.n_held_out += n_held_out(set.n, request.held_out);
    }
    return plan;
}

std::vector<NodeStates> gathered_nodes(const GivenStates& states, const FitRequest& request,
                                       const FitPlan& plan) {
    GatherOptions options{.nodes = {},
                          .width = states.width,
                          .covariance = needs_covariance(request),
                          .held_out = request.held_out};
    std::vector<std::vector<std::vector<float>>> classes(states.sets.size());
    for (const int layer : plan.layers) {
        const auto at = static_cast<std::size_t>(std::ranges::find(states.layers, layer) -
                                                 states.layers.begin());
        options.nodes.push_back(plan.node + "-" + std::to_string(layer));
        for (std::size_t k = 0; k < classes.size(); ++k) {
            classes[k].push_back(states.sets[k].layers[at]);
        }
    }
    return gather_given(classes, options);
}

}  // namespace

FitResult fit_states(const GivenStates& states, const FitRequest& request,
                     const FitCallbacks& callbacks) {
    check_request(request);
    require_shape(states);
    const auto sizes = sizes_of(states);
    require_counts(sizes, request);
    require_pairs(sizes, request);
    require_judges(sizes, request);
    require_heads_fit(states, request);
    const auto plan = plan_of(states, request);
    require_heads(request, plan.layers.size(), states.n_head);
    const auto nodes = gathered_nodes(states, request, plan);
    FitOrigin origin{.architecture = states.architecture,
                     .model_name = states.model_name,
                     .model_sha256 = states.model_sha256,
                     .sets = {}};
    for (const auto& set : sizes) {
        origin.sets.push_back({.sha256 = "", .n = set.n});
    }
    FitResult result{.method = request.method, .n_sets = states.sets.size()};
    try {
        learn_from({.request = request,
                    .node = plan.node,
                    .width = states.width,
                    .layers = plan.layers,
                    .nodes = nodes,
                    .cancelled = callbacks.cancelled},
                   states.n_head, {}, result);
        write_notes(origin, request, plan, result);
    } catch (const Cancelled&) {
        result.cancelled = true;
    }
    return result;
}

}  // namespace otherwise
