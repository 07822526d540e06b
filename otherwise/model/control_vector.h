// Control vectors, one direction a layer, as GGUF files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// llama.cpp's control vector: tensors "direction.N", N ≥ 1, added to the residual after block N.
struct ControlVector {
    std::string path;
    std::string model_hint;                          ///< controlvector.model_hint, may be empty
    int width = 0;                                   ///< n_embd
    std::map<int, std::vector<float>> directions{};  ///< layer -> [width]
    FileNotes notes{};                               ///< how it was fitted, may be empty
};

/// Throws Error: no such file, not a GGUF, no direction in it or something beside them, one of
/// layer 0, beyond those that a model can have, not of one row or not f32, unequal widths, NaN or
/// Inf.
[[nodiscard]] ControlVector load_control_vector(const std::filesystem::path& path);

/// Writes it in llama.cpp's form, its notes as metadata. Throws misuse for what could not be loaded
/// again, Error when the disk does not take it; nothing half-written.
void save_control_vector(const ControlVector& vector, const std::filesystem::path& path);

}  // namespace otherwise
