#include "otherwise/model/layered_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"

namespace otherwise {
namespace {

constexpr std::string_view kBlock = "blk.";

std::string quoted(const GgufFile& file) { return "'" + file.path().string() + "'"; }

/// What the file is instead, and how to use it.
std::pair<std::string, std::string> what_it_is(const GgufFile& file) {
    const std::string architecture = file.architecture();
    const bool vector =
        std::any_of(file.tensors().begin(), file.tensors().end(),
                    [](const GgufTensorInfo& t) { return t.name.starts_with("direction."); });
    if (architecture == "controlvector" || vector) {
        return {"a control vector",
                "use it with " + item_kind("steer") + " or " + item_kind("ablate")};
    }
    if (architecture == "otherwise.affine") {
        return {"an affine map", "use it with " + item_kind("affine")};
    }
    if (architecture == "otherwise.heads") {
        return {"shifts of attention heads", "use it with " + item_kind("heads")};
    }
    if (file.type() == "adapter") {
        return {"an adapter", "use it with " + item_kind("lora")};
    }
    if (file.find("token_embd.weight") != nullptr) {
        return {"a model", "use it with " + item_kind("model")};
    }
    return {"a GGUF of another kind", ""};
}

void check_kind(const GgufFile& file, const std::string& kind) {
    if (file.architecture() != kind) {
        const auto [what, advice] = what_it_is(file);
        fail({.where = "open_layered",
              .expected = "a file of the form " + kind,
              .came = what + ", " + quoted(file),
              .advice = advice});
    }
    const auto version = file.number(kind + ".version");
    if (!version || !(*version >= 1.0)) {
        fail({.where = "open_layered",
              .expected = "a number from 1 as " + kind + ".version",
              .came = "none in " + quoted(file)});
    }
    if (*version > kLayeredVersion) {
        fail({.where = "open_layered",
              .expected = kind + " of version " + std::to_string(kLayeredVersion),
              .came = "a newer one, " + quoted(file),
              .advice = "a newer otherwise reads it"});
    }
}

struct TensorName {
    int layer = 0;
    std::string part;
};

/// "blk.12.bias" -> 12 and "bias".
std::optional<TensorName> place_of(std::string_view name) {
    if (!name.starts_with(kBlock)) {
        return std::nullopt;
    }
    TensorName place;
    const auto rest = name.substr(kBlock.size());
    const char* begin = rest.data();  // NOLINT(bugprone-suspicious-stringview-data-usage)
    const auto parsed = std::from_chars(begin, begin + rest.size(), place.layer);
    const auto used = static_cast<std::size_t>(parsed.ptr - begin);
    const bool layer = parsed.ec == std::errc{} && place.layer >= 0 && place.layer < kMostLayers;
    if (!layer || used >= rest.size() || rest[used] != '.') {
        return std::nullopt;
    }
    place.part = rest.substr(used + 1);
    return place;
}

}  // namespace

LayeredFile open_layered(const std::filesystem::path& path, std::string_view kind,
                         std::span<const std::string_view> parts) {
    LayeredFile layered{.file = GgufFile::open(path)};
    const GgufFile& file = layered.file;
    check_kind(file, std::string(kind));
    for (const auto& tensor : file.tensors()) {
        const auto place = place_of(tensor.name);
        const bool known =
            place && std::find(parts.begin(), parts.end(), place->part) != parts.end();
        if (!known || !layered.layers[place->layer].emplace(place->part, &tensor).second) {
            std::string names;
            for (const auto part : parts) {
                names += (names.empty() ? "blk.N." : ", blk.N.") + std::string(part);
            }
            fail({.where = "open_layered",
                  .expected =
                      "tensors " + names + ", each once, N below " + std::to_string(kMostLayers),
                  .came = "'" + to_utf8(tensor.name) + "' in " + quoted(file)});
        }
    }
    if (layered.layers.empty()) {
        fail({.where = "open_layered",
              .expected = "a layer in a file of the form " + std::string(kind),
              .came = "none in " + quoted(file)});
    }
    return layered;
}

std::pair<std::int64_t, std::int64_t> matrix_shape(const GgufTensorInfo& tensor) {
    const auto at = [&](std::size_t i) { return i < tensor.shape.size() ? tensor.shape[i] : 1; };
    const bool sound = tensor.shape.size() <= 2 && at(0) > 0 && at(1) > 0;
    return sound ? std::pair{at(0), at(1)} : std::pair{std::int64_t{0}, std::int64_t{0}};
}

std::vector<float> read_matrix(const GgufFile& file, const GgufTensorInfo& tensor,
                               std::int64_t columns, std::int64_t rows) {
    if (matrix_shape(tensor) != std::pair{columns, rows}) {
        std::string came;
        for (const auto n : tensor.shape) {
            came += (came.empty() ? "" : " × ") + std::to_string(n);
        }
        fail({.where = "read_matrix",
              .expected = "tensor '" + tensor.name + "' of shape " + std::to_string(columns) +
                          " × " + std::to_string(rows),
              .came = came + " in " + quoted(file)});
    }
    auto values = file.read_f32(tensor);
    if (!std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); })) {
        fail({.where = "read_matrix",
              .expected = "finite numbers",
              .came = "NaN or infinity in '" + tensor.name + "' of " + quoted(file)});
    }
    return values;
}

void write_layered(const std::filesystem::path& path, std::string_view kind,
                   const std::vector<std::pair<std::string, GgufValue>>& metadata,
                   const FileNotes& notes, std::span<const GgufTensor> tensors) {
    check_notes(notes);
    std::vector<std::pair<std::string, GgufValue>> all{
        {"general.architecture", std::string(kind)},
        {std::string(kind) + ".version", kLayeredVersion}};
    all.insert(all.end(), metadata.begin(), metadata.end());
    all.insert(all.end(), notes.begin(), notes.end());
    write_gguf(path, all, tensors);
}

std::string layer_tensor(int layer, std::string_view part) {
    return std::string(kBlock) + std::to_string(layer) + "." + std::string(part);
}

}  // namespace otherwise
