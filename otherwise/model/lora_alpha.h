// A LoRA file as llama.cpp reads it: it takes the number adapter.lora.alpha as f32 and aborts over
// any other, while people write it as the integer that it mostly is.
#pragma once

#include <cstdio>
#include <memory>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

struct CloseFile {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

/// The file itself, at its start, or where its alpha is another number than f32, a copy in memory
/// (memfd) whose alpha is that. Throws Error: a file that cannot be opened, no memory for a copy.
[[nodiscard]] OpenFile open_lora(const GgufFile& file);

}  // namespace otherwise
