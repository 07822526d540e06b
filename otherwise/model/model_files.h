// The files of a model: one, or the parts that llama-gguf-split made of it, named
// -00001-of-0000N.gguf and so on.
#pragma once

#include <filesystem>
#include <vector>

namespace otherwise {

/// All files of the model whose first one this is, in order, each checked before llama.cpp sees it
/// (sound_model.h). Throws Error: a later part, one that is not there, no model.
[[nodiscard]] std::vector<std::filesystem::path> model_files(const std::filesystem::path& path);

}  // namespace otherwise
