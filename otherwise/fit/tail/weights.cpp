#include "otherwise/fit/tail/weights.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "ggml-backend.h"
#include "ggml.h"
#include "otherwise/base/error.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/gguf_file.h"

namespace otherwise {
namespace {

constexpr std::size_t kSlack = 256;  // kernels may read past a row's end
constexpr std::int64_t kTile = 16;

[[noreturn]] void refuse_memory(std::size_t bytes) {
    fail({.where = "Weights",
          .expected = std::to_string(bytes / 1000000 + 1) + " MB for a copy of a matrix",
          .came = "not enough memory"});
}

ggml_type transposed_type(const ggml_tensor* matrix, bool small) {
    if (small && matrix->ne[1] % ggml_blck_size(GGML_TYPE_Q8_0) == 0) {
        return GGML_TYPE_Q8_0;
    }
    return matrix->type == GGML_TYPE_F32 ? GGML_TYPE_F32 : GGML_TYPE_F16;
}

ggml_type type_of(const std::string& name) {
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
        const auto type = static_cast<ggml_type>(i);
        if (const char* known = ggml_type_name(type); known != nullptr && name == known) {
            return type;
        }
    }
    fail({.where = "Weights", .expected = "a known type of tensor", .came = name});
}

}  // namespace

/// A file, mapped for reading.
class Weights::Mapping {
public:
    explicit Mapping(const std::filesystem::path& path) {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status {};
        if (fd >= 0 && ::fstat(fd, &status) == 0) {
            size_ = static_cast<std::size_t>(status.st_size);
            data_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
        }
        if (fd >= 0) {
            ::close(fd);
        }
        if (data_ == MAP_FAILED) {
            fail({.where = "Weights",
                  .expected = "a model file that can be mapped",
                  .came = "'" + path.string() + "'"});
        }
    }
    ~Mapping() { ::munmap(data_, size_); }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    Mapping(Mapping&&) = delete;
    Mapping& operator=(Mapping&&) = delete;
    [[nodiscard]] char* data() const { return static_cast<char*>(data_); }
    [[nodiscard]] std::size_t size() const { return size_; }

private:
    void* data_ = MAP_FAILED;
    std::size_t size_ = 0;
};

void Weights::Deleter::operator()(ggml_context* context) const { ggml_free(context); }
void Weights::Deleter::operator()(ggml_backend_buffer* buffer) const {
    ggml_backend_buffer_free(buffer);
}

Weights::Weights(const std::filesystem::path& path) {
    start_backend();
    const auto file = GgufFile::open(path);
    if (file.number("split.count").value_or(1.0) > 1.0) {
        fail({.where = "Weights",
              .expected = "a model in one file",
              .came = "one in several, '" + path.string() + "'",
              .advice = "llama.cpp's `llama-gguf-split --merge` joins them"});
    }
    const auto n = std::max<std::size_t>(file.tensors().size(), 1);
    mapping_ = std::make_unique<Mapping>(path);
    buffer_.reset(ggml_backend_cpu_buffer_from_ptr(mapping_->data(), mapping_->size()));
    const auto context = [](std::size_t count) {
        return ggml_init(
            {.mem_size = ggml_tensor_overhead() * count, .mem_buffer = nullptr, .no_alloc = true});
    };
    tensors_.reset(context(n));
    copies_.reset(context(n));
    for (const auto& info : file.tensors()) {
        std::vector<std::int64_t> shape = info.shape;
        shape.resize(GGML_MAX_DIMS, 1);
        ggml_tensor* tensor =
            ggml_new_tensor(tensors_.get(), type_of(info.type), GGML_MAX_DIMS, shape.data());
        ggml_set_name(tensor, info.name.c_str());
        const bool fits = info.offset + ggml_nbytes(tensor) <= mapping_->size();
        if (!fits ||
            ggml_backend_tensor_alloc(buffer_.get(), tensor, mapping_->data() + info.offset) !=
                GGML_STATUS_SUCCESS) {
            fail({.where = "Weights",
                  .expected = "tensors within their file",
                  .came = "'" + info.name + "' past its end"});
        }
    }
}

Weights::~Weights() = default;

ggml_tensor* Weights::find(const std::string& name) const {
    return ggml_get_tensor(tensors_.get(), name.c_str());
}

ggml_tensor* Weights::get(const std::string& name) const {
    ggml_tensor* tensor = find(name);
    if (tensor == nullptr) {
        fail({.where = "Weights",
              .expected = "a tensor '" + name + "' in the model",
              .came = "none"});
    }
    return tensor;
}

std::vector<float> Weights::values(const ggml_tensor* tensor) {
    const auto columns = static_cast<std::size_t>(tensor->ne[0]);
    const auto rows = static_cast<std::size_t>(ggml_nrows(tensor));
    std::vector<float> all(rows * columns);
    const auto* data = static_cast<const char*>(tensor->data);
    if (tensor->type == GGML_TYPE_F32) {
        std::memcpy(all.data(), data, all.size() * sizeof(float));
        return all;
    }
    const auto* traits = ggml_get_type_traits(tensor->type);
    if (traits->to_float == nullptr) {
        fail({.where = "Weights",
              .expected = "weights of a type that can be read",
              .came = ggml_type_name(tensor->type)});
    }
    for (std::size_t row = 0; row < rows; ++row) {
        traits->to_float(data + row * tensor->nb[1], all.data() + row * columns, tensor->ne[0]);
    }
    return all;
}

std::size_t Weights::transposed_bytes(const ggml_tensor* matrix, bool small) {
    return ggml_row_size(transposed_type(matrix, small), matrix->ne[1]) *
           static_cast<std::size_t>(matrix->ne[0]);
}

ggml_tensor* Weights::transposed(ggml_tensor* matrix, bool small) {
    if (const auto found = transposed_.find(matrix); found != transposed_.end()) {
        return found->second;
    }
    const std::int64_t n = matrix->ne[0];
    const std::int64_t m = matrix->ne[1];
    const auto from = values(matrix);
    std::vector<float> to(from.size());
    for (std::int64_t row = 0; row < m; row += kTile) {  // a tile of rows at a time, for the cache
        for (std::int64_t column = 0; column < n; ++column) {
            for (std::int64_t i = row; i < std::min(m, row + kTile); ++i) {
                to[static_cast<std::size_t>(column * m + i)] =
                    from[static_cast<std::size_t>(i * n + column)];
            }
        }
    }
    const ggml_type type = transposed_type(matrix, small);
    ggml_tensor* copy = ggml_new_tensor_2d(copies_.get(), type, m, n);
    const std::size_t bytes = ggml_nbytes(copy) + kSlack;
    copy_buffers_.emplace_back(
        ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), bytes));
    auto* buffer = copy_buffers_.back().get();
    if (buffer == nullptr ||
        ggml_backend_tensor_alloc(buffer, copy, ggml_backend_buffer_get_base(buffer)) !=
            GGML_STATUS_SUCCESS) {
        refuse_memory(bytes);
    }
    if (type == GGML_TYPE_F32) {
        std::memcpy(copy->data, to.data(), to.size() * sizeof(float));
    } else {
        ggml_quantize_chunk(type, to.data(), copy->data, 0, n, m, nullptr);
    }
    transposed_[matrix] = copy;
    return copy;
}

}  // namespace otherwise
