// A model's own weights in floating point, for arithmetic without steps.
//
// llama.cpp rounds activations to 8 bits before each product with quantized weights. A change,
// however small, moves roundings, and the model is a staircase. With the same weights as F16, BF16
// or F32 activations keep 11, 8 or 24 bits instead:
//
//   F16   the weights themselves are rounded to 11 bits (up to 2^-12 of each); at most 65504
//   BF16  to 8 bits (2^-9); any size
//   F32   not at all
//
// The copy lives in memory (memfd), never on a disk; llama.cpp maps it. Cost: 2 or 4 bytes a
// weight, and a second or two per 100 million weights and core.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace otherwise {

/// "f16", "bf16", "f32"; inline, since items are read without llama.cpp, too.
[[nodiscard]] inline std::vector<std::string> dense_types() { return {"f16", "bf16", "f32"}; }

/// Throws misuse for a name that is not one of dense_types().
void check_dense_type(std::string_view type);

/// Bytes of a model's matrices in this type and of the rest as it is.
[[nodiscard]] std::size_t dense_bytes(const std::vector<std::filesystem::path>& files,
                                      std::string_view type);

/// True where the matrices are of this type already: some of them, the others F32 (llama.cpp leaves
/// a few so).
[[nodiscard]] bool is_dense(const std::vector<std::filesystem::path>& files, std::string_view type);

/// True where some weight is quantized.
[[nodiscard]] bool is_quantized(const std::vector<std::filesystem::path>& files);

/// Throws Error where the bytes of such weights are not free: says how many they are.
void require_dense_memory(std::size_t bytes, std::size_t free, std::string_view type);

class DenseCopy {
public:
    /// Of the model in these files, the parts of one. Throws Error: too little free memory (says
    /// how much it takes), weights beyond F16, what llama.cpp refuses.
    DenseCopy(const std::vector<std::filesystem::path>& files, std::string_view type);
    ~DenseCopy();
    DenseCopy(const DenseCopy&) = delete;
    DenseCopy& operator=(const DenseCopy&) = delete;

    /// Under this name it can be opened by this process. What has mapped it keeps it alive.
    [[nodiscard]] std::filesystem::path path() const;

private:
    int fd_;
};

}  // namespace otherwise
