// Whether llama.cpp would keep matrices of a model in another order, which the faster kernels of
// this processor read (ggml's "extra" buffer types: repacked, AMX).
#pragma once

#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// True where a matrix of the model would be repacked, if ModelOptions::repack lets it. Asks ggml
/// for a product with each of them, as llama.cpp does when it loads a model; reads no weights.
[[nodiscard]] bool repacks(const GgufFile& model);

}  // namespace otherwise
