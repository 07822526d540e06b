#include "otherwise/world/edits.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/model/adapter.h"
#include "otherwise/model/heads_file.h"

namespace otherwise {
namespace {

constexpr const char* kHeads = "kqv_out";

/// What all state edits have.
struct Common {
    std::string path{};
    float scale;
    const LayerRange& layers;
    Scope scope;
};

struct TakeCommon {
    Common operator()(const Steer& item) const { return of_file(item); }
    Common operator()(const Ablate& item) const { return of_file(item); }
    Common operator()(const Affine& item) const { return of_file(item); }
    Common operator()(const Heads& item) const { return of_file(item); }
    Common operator()(const Patch& item) const {
        return {.scale = 1.0F, .layers = item.layers, .scope = Scope::prompt};
    }
    Common operator()(const Nudge& item) const {
        return {.scale = item.scale, .layers = item.layers, .scope = item.scope};
    }

private:
    template <typename Item>
    static Common of_file(const Item& item) {
        return {.path = item.path, .scale = item.scale, .layers = item.layers, .scope = item.scope};
    }
};

Common common(const StateEdit& edit) { return std::visit(TakeCommon{}, edit); }

/// Fixed bits for a nudge's signs: SplitMix64 of its counters.
std::uint64_t mixed(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

AffineMap signs(std::uint64_t seed, std::uint64_t layer, int width) {
    AffineMap map{.bias = std::vector<float>(static_cast<std::size_t>(width), 0.0F)};
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(width); ++i) {
        const bool up = (mixed(mixed(mixed(seed) + layer) + i) & 1U) != 0;
        map.diagonal.push_back(up ? 2.0F : 0.0F);  // W − I is ±1
    }
    return map;
}

/// Shifts as maps whose W is the identity.
std::map<int, AffineMap> shifts(std::map<int, std::vector<float>> directions) {
    std::map<int, AffineMap> maps;
    for (auto& [layer, direction] : directions) {
        maps.emplace(layer, AffineMap{.bias = std::move(direction)});
    }
    return maps;
}

EditFile load_vector(const std::string& path) {
    auto vector = load_control_vector(path);
    std::string hint = std::move(vector.model_hint);
    return {.maps = {.path = path,
                     .node = kResidual,
                     .width = vector.width,
                     .maps = shifts(std::move(vector.directions)),
                     .notes = std::move(vector.notes)},
            .vector = true,
            .model_hint = std::move(hint)};
}

EditFile load_head_shifts(const std::string& path) {
    auto heads = load_heads(path);
    return {.maps = {.path = path,
                     .node = kHeads,
                     .width = heads.width(),
                     .maps = shifts(std::move(heads.shifts)),
                     .notes = std::move(heads.notes)},
            .n_head = heads.n_head};
}

/// For steer and ablate: a control vector, or an affine file that only shifts.
EditFile load_directions(const std::string& path) {
    const std::string form = GgufFile::open(path).architecture();
    if (form == "otherwise.heads") {
        fail({.where = "load_edit_file",
              .expected = "a control vector",
              .came = "shifts of attention heads, '" + path + "'",
              .advice = "use it with " + item_kind("heads")});
    }
    if (form != "otherwise.affine") {
        return load_vector(path);
    }
    EditFile file{.maps = load_affine(path)};
    for (const auto& [layer, map] : file.maps.maps) {
        if (map.form() != AffineForm::identity) {
            fail({.where = "load_edit_file",
                  .expected = "directions: a control vector, or an affine file whose W is the "
                              "identity",
                  .came = "a " + std::string(form_name(map.form())) + " W in layer " +
                          std::to_string(layer) + " of '" + path + "'",
                  .advice = "use it with " + item_kind("affine")});
        }
    }
    return file;
}

std::string range_name(const LayerRange& range, int n_layer) {
    const int first = range.first < 0 ? 0 : range.first;
    const int last = range.last < 0 ? n_layer - 1 : range.last;
    return std::to_string(first) + "-" + std::to_string(last);
}

void check_range(const LayerRange& range, int n_layer) {
    if (range.first >= n_layer || range.last >= n_layer) {
        misuse({.where = "node_steps",
                .expected = "layers within 0-" + std::to_string(n_layer - 1),
                .came = range_name(range, n_layer)});
    }
}

const char* what_it_holds(const EditFile& file) { return file.vector ? "directions" : "maps"; }

void check_fit(const EditFile& file, const LayerRange& range, const Site& site, int n_layer) {
    if (file.maps.width != site.width) {
        fail({.where = "node_steps",
              .expected = std::string(what_it_holds(file)) + " of width " +
                          std::to_string(site.width) + " (the model's at " + site.node + ")",
              .came = std::to_string(file.maps.width) + " in " + file.maps.path,
              .advice = "use a file made for this model"});
    }
    check_range(range, n_layer);
}

/// What an edit makes of a map of its file.
struct MakeMap {
    const AffineMap& map;

    StateMap operator()(const Steer& item) const { return StateMap::affine(map, item.scale); }
    StateMap operator()(const Ablate& item) const {
        return StateMap::ablation(map.bias, item.scale);
    }
    StateMap operator()(const Affine& item) const { return StateMap::affine(map, item.scale); }
    StateMap operator()(const Heads& item) const { return StateMap::affine(map, item.scale); }
    StateMap operator()(const Patch& /*item*/) const { return {}; }
    StateMap operator()(const Nudge& item) const {
        std::vector<float> relative = map.diagonal;
        for (float& value : relative) {
            value = item.scale * (value - 1.0F);
        }
        return StateMap::nudge(std::move(relative));
    }
};

/// An edit's file.
struct LoadFile {
    int width;
    int n_layer;

    EditFile operator()(const Steer& item) const { return load_directions(item.path); }
    EditFile operator()(const Ablate& item) const { return load_directions(item.path); }
    EditFile operator()(const Affine& item) const { return {.maps = load_affine(item.path)}; }
    EditFile operator()(const Heads& item) const { return load_head_shifts(item.path); }
    EditFile operator()(const Patch& /*item*/) const { return {}; }
    EditFile operator()(const Nudge& item) const { return nudge_maps(item, width, n_layer); }
};

}  // namespace

std::string residual_node(int layer) { return kResidual + ("-" + std::to_string(layer)); }

Scope scope_of(const StateEdit& edit) { return common(edit).scope; }

EditFile nudge_maps(const Nudge& nudge, int width, int n_layer) {
    EditFile file{.maps = {.path = "", .node = kResidual, .width = width}, .vector = true};
    int last = nudge.layers.last;
    if (last < 0) {
        last = nudge.layers.first < 0 ? 0 : n_layer - 1;
    }
    for (int layer = std::max(0, nudge.layers.first); layer <= std::min(last, n_layer - 1);
         ++layer) {
        file.maps.maps.emplace(layer, signs(static_cast<std::uint64_t>(nudge.seed),
                                            static_cast<std::uint64_t>(layer), width));
    }
    return file;
}

EditFile load_edit_file(const StateEdit& edit, int width, int n_layer) {
    return std::visit(LoadFile{.width = width, .n_layer = n_layer}, edit);
}

void check_fitted_on(const AffineFile& file, const Model& model) {
    const auto hash = note_text(file.notes, "otherwise.fit.model_sha256");
    if (!hash || *hash == model.hash()) {
        return;
    }
    constexpr std::size_t kShown = 12;
    const auto name = note_text(file.notes, "otherwise.fit.model_name").value_or("");
    fail({.where = "check_fitted_on",
          .expected = "a file fitted on this model, sha256 " + model.hash().substr(0, kShown) + "…",
          .came = "one fitted on " + to_utf8(name.empty() ? "another" : "'" + name + "'") +
                  ", sha256 " + to_utf8(hash->substr(0, kShown)) + "…, in '" + file.path + "'",
          .advice = "fit it on this model, or use it all the same with " + setting("force")});
}

std::vector<NodeStep> node_steps(const StateEdit& edit, const EditFile& file, const Site& site,
                                 int n_layer) {
    const auto [path, scale, range, scope] = common(edit);
    check_fit(file, range, site, n_layer);
    std::vector<NodeStep> steps;
    for (const auto& [layer, map] : file.maps.maps) {
        const bool inside =
            (range.first < 0 || layer >= range.first) && (range.last < 0 || layer <= range.last);
        const bool there = std::ranges::find(site.layers, layer) != site.layers.end();
        if (!inside || (!there && file.vector)) {
            continue;
        }
        if (!there) {
            fail({.where = "node_steps",
                  .expected = "layers that have a node '" + site.node + "' in this model (" +
                              std::to_string(site.layers.front()) + " to " +
                              std::to_string(site.layers.back()) + ")",
                  .came = "layer " + std::to_string(layer) + " in " + path,
                  .advice = "choose layers with " + item_option("layers", "A-B")});
        }
        steps.push_back({.node = site.node + "-" + std::to_string(layer),
                         .step = {.map = std::visit(MakeMap{map}, edit), .scope = scope}});
    }
    if (steps.empty()) {
        fail({.where = "node_steps",
              .expected = std::string(file.vector ? "a direction" : "a map") +
                          " for one of the layers " + range_name(range, n_layer),
              .came = std::string(what_it_holds(file)) + " for layers " +
                      std::to_string(file.maps.maps.begin()->first) + "-" +
                      std::to_string(file.maps.maps.rbegin()->first) + " in " + path,
              .advice = "choose other layers"});
    }
    return steps;
}

std::vector<int> layers_in(const LayerRange& range, const Site& site, int n_layer) {
    check_range(range, n_layer);
    std::vector<int> layers;
    for (const int layer : site.layers) {
        if ((range.first < 0 || layer >= range.first) && (range.last < 0 || layer <= range.last)) {
            layers.push_back(layer);
        }
    }
    if (layers.empty()) {
        fail({.where = "layers_in",
              .expected = "a layer that has a node '" + site.node + "' in this model (" +
                          std::to_string(site.layers.front()) + " to " +
                          std::to_string(site.layers.back()) + ")",
              .came = range_name(range, n_layer),
              .advice = "choose other layers"});
    }
    return layers;
}

std::vector<NodeStep> patch_steps(const Patch& patch, const std::shared_ptr<PatchStates>& states) {
    std::vector<NodeStep> steps;
    for (std::size_t i = 0; i < states->layers().size(); ++i) {
        steps.push_back({.node = patch.site + "-" + std::to_string(states->layers()[i]),
                         .step = {.scope = Scope::prompt, .patch = states, .layer = i}});
    }
    return steps;
}

std::vector<NodeStep> capturing(std::vector<NodeStep> steps) {
    for (auto& step : steps) {
        step.step.captures = step.step.patch != nullptr;
    }
    return steps;
}

std::vector<Hook> hooks_of(const std::vector<NodeStep>& steps, int threads) {
    std::vector<std::pair<std::string, std::vector<StateStep>>> nodes;
    for (const auto& step : steps) {
        auto at = std::ranges::find_if(nodes,
                                       [&](const auto& known) { return known.first == step.node; });
        if (at == nodes.end()) {
            at = nodes.insert(at, {step.node, {}});
        }
        at->second.push_back(step.step);
    }
    std::vector<Hook> hooks;
    hooks.reserve(nodes.size());
    for (const auto& [node, its] : nodes) {
        hooks.push_back({.node = node, .edit = edit_of(its, threads), .reads_only = !changes(its)});
    }
    return hooks;
}

}  // namespace otherwise
