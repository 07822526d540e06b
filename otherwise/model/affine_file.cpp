#include "otherwise/model/affine_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/layered_file.h"

namespace otherwise {
namespace {

constexpr std::string_view kKind = "otherwise.affine";
constexpr std::string_view kNode = "otherwise.affine.node";
constexpr std::array<std::string_view, 5> kParts = {"bias", "diagonal", "down", "up", "weight"};
constexpr std::int64_t kMostWidth = 1 << 24;

using Parts = std::map<std::string, const GgufTensorInfo*>;

bool is_node(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

std::string read_node(const GgufFile& file) {
    const auto node = file.text(kNode);
    if (!node || !is_node(*node)) {
        fail({.where = "load_affine",
              .expected = "a node's name as " + std::string(kNode),
              .came = (node ? "'" + to_utf8(*node) + "'" : std::string("none")) + " in '" +
                      file.path().string() + "'"});
    }
    return *node;
}

[[noreturn]] void refuse_layer(const GgufFile& file, int layer, std::string expected) {
    fail({.where = "load_affine",
          .expected = std::move(expected),
          .came = "layer " + std::to_string(layer) + " of '" + file.path().string() + "'"});
}

/// The width that the file's first bias has.
int width_of(const LayeredFile& layered) {
    const auto& [layer, parts] = *layered.layers.begin();
    const auto bias = parts.find("bias");
    if (bias == parts.end()) {
        refuse_layer(layered.file, layer, "a bias in every layer");
    }
    const auto [width, rows] = matrix_shape(*bias->second);
    if (width < 1 || width > kMostWidth || rows != 1) {
        refuse_layer(layered.file, layer, "a bias of one row");
    }
    return static_cast<int>(width);
}

AffineMap read_map(const GgufFile& file, int layer, const Parts& parts, int width) {
    const bool low_rank = parts.contains("down") || parts.contains("up");
    if (!parts.contains("bias")) {
        refuse_layer(file, layer, "a bias in every layer");
    }
    if (parts.contains("down") != parts.contains("up")) {
        refuse_layer(file, layer, "down and up together");
    }
    if (int{parts.contains("diagonal")} + int{low_rank} + int{parts.contains("weight")} > 1) {
        refuse_layer(file, layer, "one of diagonal, down and up, weight");
    }
    AffineMap map{.bias = read_matrix(file, *parts.at("bias"), width, 1)};
    if (parts.contains("diagonal")) {
        map.diagonal = read_matrix(file, *parts.at("diagonal"), width, 1);
    } else if (parts.contains("weight")) {
        map.dense = read_matrix(file, *parts.at("weight"), width, width);
    } else if (low_rank) {
        const auto rank = matrix_shape(*parts.at("down")).second;
        if (rank < 1 || rank > width) {
            refuse_layer(file, layer, "a rank from 1 to " + std::to_string(width));
        }
        map.rank = static_cast<int>(rank);
        map.down = read_matrix(file, *parts.at("down"), width, rank);
        map.up = read_matrix(file, *parts.at("up"), rank, width);
    }
    return map;
}

bool finite(std::span<const float> values) {
    return std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); });
}

/// Whether the map could be loaded again.
bool sound(const AffineMap& map, int width) {
    const auto w = static_cast<std::size_t>(width);
    const auto r = static_cast<std::size_t>(std::max(0, map.rank));
    const int forms = int{!map.diagonal.empty()} + int{r > 0} + int{!map.dense.empty()};
    const bool shaped = map.bias.size() == w &&
                        (map.diagonal.empty() || map.diagonal.size() == w) && map.rank >= 0 &&
                        r <= w && map.down.size() == r * w && map.up.size() == w * r &&
                        (map.dense.empty() || map.dense.size() == w * w);
    return shaped && forms <= 1 && finite(map.bias) && finite(map.diagonal) && finite(map.down) &&
           finite(map.up) && finite(map.dense);
}

void check(const AffineFile& affine) {
    if (affine.width < 1 || affine.maps.empty() || !is_node(affine.node)) {
        misuse({.where = "save_affine",
                .expected = "a width, a node and at least one layer",
                .came = "width " + std::to_string(affine.width) + ", node '" + affine.node + "', " +
                        std::to_string(affine.maps.size()) + " layers"});
    }
    for (const auto& [layer, map] : affine.maps) {
        if (layer < 0 || layer >= kMostLayers || !sound(map, affine.width)) {
            misuse({.where = "save_affine",
                    .expected = "finite maps of width " + std::to_string(affine.width) +
                                " with one form of W",
                    .came = "layer " + std::to_string(layer)});
        }
    }
}

}  // namespace

AffineFile load_affine(const std::filesystem::path& path) {
    const LayeredFile layered = open_layered(path, kKind, kParts);
    AffineFile affine{.path = path.string(),
                      .node = read_node(layered.file),
                      .width = width_of(layered),
                      .notes = layered.file.notes()};
    for (const auto& [layer, parts] : layered.layers) {
        affine.maps.emplace(layer, read_map(layered.file, layer, parts, affine.width));
    }
    return affine;
}

void save_affine(const AffineFile& affine, const std::filesystem::path& path) {
    check(affine);
    const std::int64_t width = affine.width;
    std::vector<GgufTensor> tensors;
    for (const auto& [layer, map] : affine.maps) {
        const auto add = [&, at = layer](std::string_view part, std::vector<std::int64_t> shape,
                                         const std::vector<float>& values) {
            if (!values.empty()) {
                tensors.push_back(
                    {.name = layer_tensor(at, part), .shape = std::move(shape), .values = values});
            }
        };
        add("bias", {width}, map.bias);
        add("diagonal", {width}, map.diagonal);
        add("down", {width, map.rank}, map.down);
        add("up", {map.rank, width}, map.up);
        add("weight", {width, width}, map.dense);
    }
    write_layered(path, kKind, {{std::string(kNode), affine.node}}, affine.notes, tensors);
}

std::string_view form_name(AffineForm form) {
    switch (form) {
        case AffineForm::diagonal:
            return "diagonal";
        case AffineForm::low_rank:
            return "low rank";
        case AffineForm::dense:
            return "dense";
        default:
            return "identity";
    }
}

}  // namespace otherwise
