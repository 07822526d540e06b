#include "otherwise/model/adapter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/marks.h"
#include "otherwise/base/text.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/layered_file.h"
#include "otherwise/model/log.h"
#include "otherwise/model/lora_alpha.h"

namespace otherwise {
namespace {

constexpr std::string_view kDirection = "direction.";
constexpr std::int64_t kMostWidth = 1 << 24;

std::string quoted(const GgufFile& file) { return "'" + file.path().string() + "'"; }

/// N of "direction.N"; nothing for other tensors.
std::optional<int> direction_layer(const GgufFile& file, const std::string& name) {
    if (!name.starts_with(kDirection)) {
        return std::nullopt;
    }
    int layer = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + kDirection.size(), end, layer);
    if (parsed.ec != std::errc{} || parsed.ptr != end || layer < 1 || layer > kMostLayers) {
        fail(
            {.where = "load_control_vector",
             .expected = "tensors direction.1, direction.2, … up to " + std::to_string(kMostLayers),
             .came = "'" + to_utf8(name) + "' in " + quoted(file)});
    }
    return layer;
}

void check_shape(const GgufFile& file, const GgufTensorInfo& tensor) {
    if (tensor.shape.size() != 1 || tensor.shape[0] < 1 || tensor.shape[0] > kMostWidth) {
        std::string shape;
        for (const auto n : tensor.shape) {
            shape += (shape.empty() ? "" : " × ") + std::to_string(n);
        }
        fail(
            {.where = "load_control_vector",
             .expected = "directions of one row, of 1 to " + std::to_string(kMostWidth) + " values",
             .came = "'" + to_utf8(tensor.name) + "' of " + shape + " in " + quoted(file)});
    }
}

void check_direction(const GgufFile& file, const std::string& name, int width,
                     std::span<const float> values) {
    if (static_cast<std::size_t>(width) != values.size()) {
        fail({.where = "load_control_vector",
              .expected = "directions of one width, " + std::to_string(width),
              .came = "'" + name + "' with " + std::to_string(values.size()) + " values in " +
                      quoted(file)});
    }
    for (const float value : values) {
        if (!std::isfinite(value)) {
            fail({.where = "load_control_vector",
                  .expected = "finite numbers in a control vector",
                  .came = "NaN or infinity in '" + name + "' of " + quoted(file)});
        }
    }
}

void require_directions(const GgufFile& file, const ControlVector& vector) {
    if (!vector.directions.empty()) {
        return;
    }
    std::string advice;
    if (file.architecture().starts_with("otherwise.")) {
        advice = "it is of the form " + to_utf8(file.architecture());
    } else if (file.type() == "adapter") {
        advice = "it is an adapter; use it with " + setting("lora");
    } else if (file.type() == "model" || file.find("token_embd.weight") != nullptr) {
        advice = "it is a model; use it with " + item_world("model", "FILE");
    }
    fail({.where = "load_control_vector",
          .expected = "a control vector (tensors direction.N)",
          .came = "no direction in " + quoted(file),
          .advice = advice});
}

}  // namespace

std::shared_ptr<const Lora> Lora::load(std::shared_ptr<const Model> model,
                                       const std::filesystem::path& path) {
    const GgufFile file = GgufFile::open(path);
    check_lora(file, *model);
    std::shared_ptr<Lora> lora(new Lora);  // the constructor is private
    const std::scoped_lock lock(model->adapters_mutex());
    clear_backend_errors();
    const OpenFile source = open_lora(file);
    llama_adapter_lora* handle =
        llama_adapter_lora_init_from_file_ptr(model->handle(), source.get());
    if (handle == nullptr) {
        fail({.where = "Lora::load",
              .expected = "a LoRA adapter for the model",
              .came = quoted(file) + " (" + to_utf8(last_backend_error()) + ")"});
    }
    lora->left_out_ = lora_left_out(file);
    lora->handle_ = handle;
    lora->model_ = std::move(model);
    return lora;
}

Lora::~Lora() {
    if (handle_ != nullptr) {
        // A model frees the adapters that outlive it, so this comes first: model_ is still alive.
        const std::scoped_lock lock(model_->adapters_mutex());
        llama_adapter_lora_free(handle_);
    }
}

ControlVector load_control_vector(const std::filesystem::path& path) {
    const GgufFile file = GgufFile::open(path);
    ControlVector vector{.path = path.string(),
                         .model_hint = file.text("controlvector.model_hint").value_or(""),
                         .notes = file.notes()};
    const GgufTensorInfo* other = nullptr;
    for (const auto& tensor : file.tensors()) {
        const auto layer = direction_layer(file, tensor.name);
        if (!layer) {
            other = &tensor;
            continue;
        }
        check_shape(file, tensor);
        auto values = file.read_f32(tensor);
        if (vector.directions.empty()) {
            vector.width = static_cast<int>(values.size());
        }
        check_direction(file, tensor.name, vector.width, values);
        if (!vector.directions.emplace(*layer, std::move(values)).second) {
            fail({.where = "load_control_vector",
                  .expected = "one direction a layer",
                  .came = "layer " + std::to_string(*layer) + " twice in " + quoted(file)});
        }
    }
    require_directions(file, vector);
    if (other != nullptr) {
        fail({.where = "load_control_vector",
              .expected = "tensors direction.N and no other",
              .came = "'" + to_utf8(other->name) + "' in " + quoted(file)});
    }
    return vector;
}

void save_control_vector(const ControlVector& vector, const std::filesystem::path& path) {
    std::vector<GgufTensor> tensors;
    for (const auto& [layer, values] : vector.directions) {
        if (layer < 1 || layer > kMostLayers || values.empty() ||
            values.size() != static_cast<std::size_t>(vector.width)) {
            misuse({.where = "save_control_vector",
                    .expected = "layers from 1 to " + std::to_string(kMostLayers) +
                                ", directions of width " + std::to_string(vector.width),
                    .came = "layer " + std::to_string(layer) + " with " +
                            std::to_string(values.size()) + " values"});
        }
        if (!std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
            misuse({.where = "save_control_vector",
                    .expected = "finite directions",
                    .came = "layer " + std::to_string(layer) + " with NaN or infinity"});
        }
        tensors.push_back({.name = std::string(kDirection) + std::to_string(layer),
                           .shape = {static_cast<std::int64_t>(values.size())},
                           .values = values});
    }
    if (tensors.empty()) {
        misuse({.where = "save_control_vector",
                .expected = "a direction to save",
                .came = "a control vector without any"});
    }
    check_notes(vector.notes);
    std::vector<std::pair<std::string, GgufValue>> metadata{
        {"general.architecture", std::string("controlvector")},
        {"controlvector.model_hint", vector.model_hint},
        {"controlvector.layer_count", static_cast<std::int32_t>(tensors.size())}};
    metadata.insert(metadata.end(), vector.notes.begin(), vector.notes.end());
    write_gguf(path, metadata, tensors);
}

}  // namespace otherwise
