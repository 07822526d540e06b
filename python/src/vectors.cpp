// Rooms model and fit: files of interventions, to and from arrays.
#include "python/src/vectors.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <string>
#include <utility>
#include <vector>

#include "python/src/module.h"

namespace nb = nanobind;

namespace otherwise::python {
namespace {

/// Layer -> part -> values.
using Parts = std::map<int, std::map<std::string, FloatsIn>>;

std::vector<float> values_of(const FloatsIn& array) {
    return {array.data(), array.data() + array.size()};
}

/// The layer's part; empty where it has none.
std::vector<float> part(const std::map<std::string, FloatsIn>& parts, const char* name) {
    const auto found = parts.find(name);
    return found == parts.end() ? std::vector<float>{} : values_of(found->second);
}

ControlVector control_vector(const std::map<int, FloatsIn>& directions, const std::string& hint,
                             const Notes& notes) {
    ControlVector vector{.model_hint = hint, .notes = notes};
    for (const auto& [layer, values] : directions) {
        vector.width = static_cast<int>(values.size());
        vector.directions.emplace(layer, values_of(values));
    }
    return vector;
}

AffineFile affine(const Parts& maps, const std::string& node, int width, const Notes& notes) {
    AffineFile file{.node = node, .width = width, .notes = notes};
    for (const auto& [layer, parts] : maps) {
        const auto down = parts.find("down");
        file.maps.emplace(
            layer,
            AffineMap{.bias = part(parts, "bias"),
                      .diagonal = part(parts, "diagonal"),
                      .rank = down == parts.end() ? 0 : static_cast<int>(down->second.shape(0)),
                      .down = part(parts, "down"),
                      .up = part(parts, "up"),
                      .dense = part(parts, "weight")});
    }
    return file;
}

HeadsFile heads(const std::map<int, FloatsIn>& shifts, int n_head, int head_width,
                const Notes& notes) {
    HeadsFile file{.n_head = n_head, .head_width = head_width, .notes = notes};
    for (const auto& [layer, values] : shifts) {
        file.shifts.emplace(layer, values_of(values));
    }
    return file;
}

nb::dict arrays_of(const AffineMap& map, std::size_t width) {
    const auto rank = static_cast<std::size_t>(map.rank);
    nb::dict parts;
    parts["bias"] = array_of(map.bias, {width});
    if (!map.diagonal.empty()) {
        parts["diagonal"] = array_of(map.diagonal, {width});
    }
    if (map.rank > 0) {
        parts["down"] = array_of(map.down, {rank, width});
        parts["up"] = array_of(map.up, {width, rank});
    }
    if (!map.dense.empty()) {
        parts["weight"] = array_of(map.dense, {width, width});
    }
    return parts;
}

}  // namespace

nb::object array_of(const std::vector<float>& values, const std::vector<std::size_t>& shape) {
    auto owned = std::make_unique<std::vector<float>>(values);
    float* data = owned->data();
    const nb::capsule owner(owned.release(), [](void* kept) noexcept {
        delete static_cast<std::vector<float>*>(kept);
    });
    return nb::cast(nb::ndarray<nb::numpy, float>(data, shape.size(), shape.data(), owner));
}

Values values_of(const ControlVector& vector) {
    nb::dict directions;
    for (const auto& [layer, values] : vector.directions) {
        directions[nb::int_(layer)] = array_of(values, {values.size()});
    }
    return nb::make_tuple(directions, vector.model_hint, vector.notes);
}

Values values_of(const AffineFile& file) {
    nb::dict maps;
    for (const auto& [layer, map] : file.maps) {
        maps[nb::int_(layer)] = arrays_of(map, static_cast<std::size_t>(file.width));
    }
    return nb::make_tuple(maps, file.node, file.notes);
}

Values values_of(const HeadsFile& file) {
    nb::dict shifts;
    for (const auto& [layer, values] : file.shifts) {
        shifts[nb::int_(layer)] = array_of(values, {static_cast<std::size_t>(file.n_head),
                                                    static_cast<std::size_t>(file.head_width)});
    }
    return nb::make_tuple(shifts, file.notes);
}

void bind_vectors(nb::module_& module) {
    using namespace nb::literals;
    module.def(
        "save_control_vector",
        [](const std::string& path, const std::map<int, FloatsIn>& directions,
           const std::string& hint, const Notes& notes) {
            save_control_vector(control_vector(directions, hint, notes), path);
        },
        "path"_a, "directions"_a, "model_hint"_a, "notes"_a);
    module.def(
        "save_affine",
        [](const std::string& path, const Parts& maps, const std::string& node, int width,
           const Notes& notes) { save_affine(affine(maps, node, width, notes), path); },
        "path"_a, "maps"_a, "node"_a, "width"_a, "notes"_a);
    module.def(
        "save_heads",
        [](const std::string& path, const std::map<int, FloatsIn>& shifts, int n_head,
           int head_width,
           const Notes& notes) { save_heads(heads(shifts, n_head, head_width, notes), path); },
        "path"_a, "shifts"_a, "n_head"_a, "head_width"_a, "notes"_a);
    module.def(
        "load_control_vector",
        [](const std::string& path) { return values_of(load_control_vector(path)); }, "path"_a);
    module.def(
        "load_affine", [](const std::string& path) { return values_of(load_affine(path)); },
        "path"_a);
    module.def(
        "load_heads", [](const std::string& path) { return values_of(load_heads(path)); },
        "path"_a);
    module.def(
        "node_of_site", [](const std::string& name) { return std::string(node_of_site(name)); },
        "name"_a);
    module.def("site_names", &site_names);
}

}  // namespace otherwise::python
