// A LoRA adapter as it is written: metadata and tensors.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// A LoRA adapter as it is written.
struct LoraFile {
    std::vector<std::pair<std::string, GgufValue>> metadata;
    std::vector<GgufTensor> tensors;
};

/// Writes it, whole or not at all.
void save_lora(const LoraFile& file, const std::filesystem::path& path);

}  // namespace otherwise
