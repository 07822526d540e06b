// write_gguf of gguf_file.h.
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <set>

#include "gguf.h"
#include "otherwise/base/error.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/log.h"

namespace otherwise {
namespace {

struct Closer {
    void operator()(gguf_context* context) const { gguf_free(context); }
    void operator()(ggml_context* context) const { ggml_free(context); }
    void operator()(std::FILE* file) const { std::fclose(file); }
};

void check(const GgufTensor& tensor) {
    const auto product = std::accumulate(tensor.shape.begin(), tensor.shape.end(), std::int64_t{1},
                                         std::multiplies<>());
    const bool shaped = !tensor.shape.empty() && tensor.shape.size() <= GGML_MAX_DIMS &&
                        static_cast<std::uint64_t>(product) == tensor.values.size();
    if (!shaped || tensor.name.empty() || tensor.name.size() >= GGML_MAX_NAME) {
        misuse({.where = "write_gguf",
                .expected = "a tensor with a name of 1 to " + std::to_string(GGML_MAX_NAME - 1) +
                            " bytes and as many values as its shape says",
                .came = "'" + tensor.name + "' with " + std::to_string(tensor.values.size()) +
                        " values"});
    }
}

void set(gguf_context* context, const std::string& key, const GgufValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        gguf_set_val_str(context, key.c_str(), text->c_str());
    } else if (const auto* real = std::get_if<float>(&value)) {
        gguf_set_val_f32(context, key.c_str(), *real);
    } else if (const auto* whole = std::get_if<std::int32_t>(&value)) {
        gguf_set_val_i32(context, key.c_str(), *whole);
    } else {
        gguf_set_val_u32(context, key.c_str(), std::get<std::uint32_t>(value));
    }
}

void add(gguf_context* context, ggml_context* shapes, const GgufTensor& tensor) {
    ggml_tensor* shape = ggml_new_tensor(
        shapes, GGML_TYPE_F32, static_cast<int>(tensor.shape.size()), tensor.shape.data());
    ggml_set_name(shape, tensor.name.c_str());
    gguf_add_tensor(context, shape);
    gguf_set_tensor_data(context, tensor.name.c_str(), tensor.values.data());
}

void write(const gguf_context* context, const std::filesystem::path& path) {
    std::optional<AtomicFile> target;
    if (!is_unfinished(path)) {
        target.emplace(path);
    }
    const auto& own = target ? target->path() : path;
    std::unique_ptr<std::FILE, Closer> file(std::fopen(own.c_str(), "wb"));
    const bool written = file && gguf_write_to_file_ptr(context, file.get(), false);
    const bool closed = file && std::fclose(file.release()) == 0;
    if (!written || !closed) {
        fail({.where = "write_gguf",
              .expected = "to write '" + path.string() + "'",
              .came = "a disk that does not take it"});
    }
    if (target) {
        target->commit();
    }
}

}  // namespace

void write_gguf(const std::filesystem::path& path,
                const std::vector<std::pair<std::string, GgufValue>>& metadata,
                std::span<const GgufTensor> tensors) {
    take_backend_log();
    std::set<std::string> names;
    for (const auto& tensor : tensors) {
        check(tensor);
        if (!names.insert(tensor.name).second) {
            misuse({.where = "write_gguf",
                    .expected = "tensors of different names",
                    .came = "'" + tensor.name + "' twice"});
        }
    }
    const std::unique_ptr<gguf_context, Closer> context(gguf_init_empty());
    const std::unique_ptr<ggml_context, Closer> shapes(
        ggml_init({.mem_size = (tensors.size() + 1) * ggml_tensor_overhead(),
                   .mem_buffer = nullptr,
                   .no_alloc = true}));
    for (const auto& [key, value] : metadata) {
        set(context.get(), key, value);
    }
    for (const auto& tensor : tensors) {
        add(context.get(), shapes.get(), tensor);
    }
    write(context.get(), path);
}

}  // namespace otherwise
