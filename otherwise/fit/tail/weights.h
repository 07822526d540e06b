// A model's weights straight from its GGUF, mapped and not copied, as ggml tensors to compute with.
//
// Beside them, made when asked for, transposed copies of matrices: the backward pass of y = W x
// multiplies by the transpose of W, and ggml only does that fast, or at all, where W is stored that
// way round. A copy keeps about what the matrix held: F32 of an F32 matrix, else F16, or Q8_0 to
// save half of that. Not thread-safe.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ggml_context;
struct ggml_tensor;
struct ggml_backend_buffer;

namespace otherwise {

class Weights {
public:
    /// Throws Error: no GGUF, a model in several files, a file that cannot be mapped.
    explicit Weights(const std::filesystem::path& path);
    ~Weights();
    Weights(const Weights&) = delete;
    Weights& operator=(const Weights&) = delete;

    /// nullptr where the model has none of this name.
    [[nodiscard]] ggml_tensor* find(const std::string& name) const;
    /// Throws Error where it has none.
    [[nodiscard]] ggml_tensor* get(const std::string& name) const;

    /// The matrix [n, m] as [m, n], made at the first call; `small` = Q8_0 where it fits. Throws
    /// Error when there is no memory for it.
    [[nodiscard]] ggml_tensor* transposed(ggml_tensor* matrix, bool small);
    /// Bytes of the transposed copy of a matrix.
    [[nodiscard]] static std::size_t transposed_bytes(const ggml_tensor* matrix, bool small);
    /// Row after row in F32, [rows * ne[0]].
    [[nodiscard]] static std::vector<float> values(const ggml_tensor* tensor);

private:
    struct Deleter {
        void operator()(ggml_context* context) const;
        void operator()(ggml_backend_buffer* buffer) const;
    };
    class Mapping;

    std::unique_ptr<Mapping> mapping_;
    std::unique_ptr<ggml_backend_buffer, Deleter> buffer_;
    std::unique_ptr<ggml_context, Deleter> tensors_;
    std::unique_ptr<ggml_context, Deleter> copies_;
    std::vector<std::unique_ptr<ggml_backend_buffer, Deleter>> copy_buffers_;
    std::map<const ggml_tensor*, ggml_tensor*> transposed_;
};

}  // namespace otherwise
