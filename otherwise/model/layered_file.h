// What otherwise's own GGUF forms share (affine_file.h, heads_file.h): a kind and a version in the
// metadata, tensors named blk.N.PART, notes on how the file was fitted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

inline constexpr std::uint32_t kLayeredVersion = 1;
inline constexpr int kMostLayers = 512;  ///< that a model has: LLAMA_MAX_LAYERS

/// Its header, of one kind, with its tensors by layer and part.
struct LayeredFile {
    GgufFile file;
    std::map<int, std::map<std::string, const GgufTensorInfo*>> layers{};  ///< views of `file`
};

/// Opens one of `kind` ("otherwise.affine"). Throws Error: as GgufFile::open; another kind, with
/// what it is; a version that is newer or absent; a tensor that is not blk.N.PART with a PART of
/// `parts`; a part twice, a layer
/// beyond those that a model can have; no tensor at all.
[[nodiscard]] LayeredFile open_layered(const std::filesystem::path& path, std::string_view kind,
                                       std::span<const std::string_view> parts);

/// The tensor's values, [columns * rows] in ggml's order. Throws Error: another shape or type, NaN
/// or infinity.
[[nodiscard]] std::vector<float> read_matrix(const GgufFile& file, const GgufTensorInfo& tensor,
                                             std::int64_t columns, std::int64_t rows);

/// ggml's shape as columns and rows; misshapen tensors (three dimensions, empty) have {0, 0}.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> matrix_shape(const GgufTensorInfo& tensor);

/// Writes the kind, the version, `metadata`, the notes and the tensors. Throws Error like
/// write_gguf; misuse for notes under another prefix.
void write_layered(const std::filesystem::path& path, std::string_view kind,
                   const std::vector<std::pair<std::string, GgufValue>>& metadata,
                   const FileNotes& notes, std::span<const GgufTensor> tensors);

/// "blk.12.bias"
[[nodiscard]] std::string layer_tensor(int layer, std::string_view part);

}  // namespace otherwise
