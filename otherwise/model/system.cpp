#include "otherwise/model/system.h"

#include <ggml-backend.h>
#include <llama.h>

#include <algorithm>
#include <string_view>

#include "otherwise/base/error.h"
#include "otherwise/base/megabytes.h"
#include "otherwise/base/setting.h"
#include "otherwise/model/backends.h"

namespace otherwise {

std::string processor_features() {
    start_backend();
    const std::string_view text = llama_print_system_info();
    // "CPU : SSE3 = 1 | AVX = 1 | … | REPACK = 1 | "
    std::string features;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(" | ", at), text.size());
        const auto part = text.substr(at, end - at);
        if (!part.empty() && part.find("n_threads") == std::string_view::npos) {
            features.append(features.empty() ? "" : " | ").append(part);
        }
        at = end + 3;
    }
    return features;
}

std::string backend_devices(bool processor_name) {
    start_backend();
    const auto variant = active_cpu_variant();
    std::string devices;
    for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const bool processor = ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
        std::string name = ggml_backend_dev_name(device);
        if (processor && (processor_name || variant != kNativeVariant)) {
            name += " " + variant;
        }
        const std::string text = ggml_backend_dev_description(device);
        const bool shown = !text.empty() && (processor_name || !processor);
        devices += (devices.empty() ? "" : ", ") + name + (shown ? " (" + text + ")" : "");
    }
    return devices;
}

std::optional<std::size_t> free_gpu_memory() {
    start_backend();
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = ggml_backend_dev_get(i);
        const auto type = ggml_backend_dev_type(device);
        if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) {
            std::size_t free = 0;
            std::size_t total = 0;
            ggml_backend_dev_memory(device, &free, &total);
            least = std::min(least.value_or(free), free);
        }
    }
    return least;
}

void require_model_memory(std::size_t bytes, std::size_t free) {
    if (free > 0 && bytes > free) {
        fail({.where = "Model::load",
              .expected = "a model that fits into the " + given_megabytes(free) +
                          " of memory that are free",
              .came = "one of " + needed_megabytes(bytes),
              .advice = "try a smaller quantization, or " + setting("no_repack") +
                        ", with which it is read from the disk again and again"});
    }
}

bool on_gpu(int gpu_layers) { return gpu_layers != 0 && free_gpu_memory().has_value(); }

}  // namespace otherwise
