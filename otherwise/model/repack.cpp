#include "otherwise/model/repack.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "ggml-backend.h"
#include "ggml-cpp.h"
#include "ggml.h"
#include "otherwise/model/backends.h"

namespace otherwise {
namespace {

constexpr std::int64_t kRows = 512;  // as llama.cpp asks; no kernel depends on it
constexpr std::size_t kTensors = 8;

struct Extra {
    ggml_backend_dev_t device;
    ggml_backend_buffer_type_t buffers;
};

/// The processor's buffer types beside the plain one.
std::vector<Extra> extra_buffers() {
    std::vector<Extra> found;
    ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (device == nullptr) {
        return found;
    }
    void* address = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device),
                                                      "ggml_backend_dev_get_extra_bufts");
    if (address == nullptr) {
        return found;
    }
    // As ggml-backend.h describes the address. NOLINTNEXTLINE(*-reinterpret-cast)
    const auto list = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(address);
    // A list that ends with a null pointer. NOLINTNEXTLINE(*-pointer-arithmetic)
    for (const auto* type = list(device); type != nullptr && *type != nullptr; ++type) {
        found.push_back({.device = device, .buffers = *type});
    }
    return found;
}

std::optional<ggml_type> type_named(std::string_view name) {
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
        const char* known = ggml_type_name(static_cast<ggml_type>(i));
        if (known != nullptr && name == known) {
            return static_cast<ggml_type>(i);
        }
    }
    return std::nullopt;
}

/// Whether a product with this matrix (of experts, where it has three dimensions) can be computed
/// from such a buffer.
bool multiplies(const Extra& extra, ggml_type type, const std::vector<std::int64_t>& shape) {
    const ggml_context_ptr context(ggml_init(
        {.mem_size = ggml_tensor_overhead() * kTensors, .mem_buffer = nullptr, .no_alloc = true}));
    ggml_context* c = context.get();
    ggml_tensor* weights = ggml_new_tensor(c, type, static_cast<int>(shape.size()), shape.data());
    ggml_tensor* product = nullptr;
    if (shape.size() == 2) {
        product = ggml_mul_mat(c, weights, ggml_new_tensor_2d(c, GGML_TYPE_F32, shape[0], kRows));
    } else {
        product =
            ggml_mul_mat_id(c, weights, ggml_new_tensor_3d(c, GGML_TYPE_F32, shape[0], 1, kRows),
                            ggml_new_tensor_2d(c, GGML_TYPE_I32, 1, kRows));
    }
    const ggml_backend_buffer_ptr buffer(ggml_backend_buft_alloc_buffer(extra.buffers, 0));
    weights->buffer = buffer.get();
    return ggml_backend_dev_supports_op(extra.device, product);
}

/// Whether llama.cpp multiplies by it, rather than looking rows up.
bool is_matrix(const GgufTensorInfo& tensor, const GgufFile& model) {
    const bool head = tensor.name == "output.weight" || (tensor.name == "token_embd.weight" &&
                                                         model.find("output.weight") == nullptr);
    return (head || tensor.name.starts_with("blk.")) &&
           (tensor.shape.size() == 2 || tensor.shape.size() == 3);
}

}  // namespace

bool repacks(const GgufFile& model) {
    start_backend();
    const auto extras = extra_buffers();
    return std::ranges::any_of(model.tensors(), [&](const GgufTensorInfo& tensor) {
        const auto type = type_named(tensor.type);
        return type && is_matrix(tensor, model) &&
               std::ranges::any_of(extras, [&](const Extra& extra) {
                   return multiplies(extra, *type, tensor.shape);
               });
    });
}

}  // namespace otherwise
