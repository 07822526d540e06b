#include "otherwise/model/heads_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/model/layered_file.h"

namespace otherwise {
namespace {

constexpr std::string_view kKind = "otherwise.heads";
constexpr std::string_view kCount = "otherwise.heads.count";
constexpr std::string_view kWidth = "otherwise.heads.width";
constexpr std::array<std::string_view, 1> kParts = {"shift"};
constexpr int kMost = 1 << 15;  ///< heads, and values of one

int read_size(const GgufFile& file, std::string_view key) {
    const double value = file.number(key).value_or(0.0);
    const bool sound = value >= 1.0 && value <= kMost && value == std::floor(value);
    if (!sound) {
        fail({.where = "load_heads",
              .expected = std::string(key) + " from 1 to " + std::to_string(kMost),
              .came = file.number(key) ? "another number in '" + file.path().string() + "'"
                                       : "none in '" + file.path().string() + "'"});
    }
    return static_cast<int>(value);
}

void check(const HeadsFile& heads) {
    const auto in_range = [](int n) { return n >= 1 && n <= kMost; };
    if (!in_range(heads.n_head) || !in_range(heads.head_width) || heads.shifts.empty()) {
        misuse({.where = "save_heads",
                .expected = "a number of heads, their width and at least one layer",
                .came = std::to_string(heads.n_head) + " heads of width " +
                        std::to_string(heads.head_width) + ", " +
                        std::to_string(heads.shifts.size()) + " layers"});
    }
    const auto width =
        static_cast<std::size_t>(heads.n_head) * static_cast<std::size_t>(heads.head_width);
    for (const auto& [layer, shift] : heads.shifts) {
        const bool finite =
            std::all_of(shift.begin(), shift.end(), [](float x) { return std::isfinite(x); });
        if (layer < 0 || layer >= kMostLayers || shift.size() != width || !finite) {
            misuse({.where = "save_heads",
                    .expected = "finite shifts of width " + std::to_string(width),
                    .came = "layer " + std::to_string(layer) + " with " +
                            std::to_string(shift.size()) + " values"});
        }
    }
}

}  // namespace

HeadsFile load_heads(const std::filesystem::path& path) {
    const LayeredFile layered = open_layered(path, kKind, kParts);
    HeadsFile heads{.path = path.string(),
                    .n_head = read_size(layered.file, kCount),
                    .head_width = read_size(layered.file, kWidth),
                    .notes = layered.file.notes()};
    for (const auto& [layer, parts] : layered.layers) {
        heads.shifts.emplace(
            layer, read_matrix(layered.file, *parts.at("shift"), heads.head_width, heads.n_head));
    }
    return heads;
}

void save_heads(const HeadsFile& heads, const std::filesystem::path& path) {
    check(heads);
    std::vector<GgufTensor> tensors;
    tensors.reserve(heads.shifts.size());
    for (const auto& [layer, shift] : heads.shifts) {
        tensors.push_back({.name = layer_tensor(layer, "shift"),
                           .shape = {heads.head_width, heads.n_head},
                           .values = shift});
    }
    write_layered(path, kKind,
                  {{std::string(kCount), static_cast<std::uint32_t>(heads.n_head)},
                   {std::string(kWidth), static_cast<std::uint32_t>(heads.head_width)}},
                  heads.notes, tensors);
}

}  // namespace otherwise
