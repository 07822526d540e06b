// Whether the values of a tensor in a file are numbers.
#pragma once

#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// Neither NaN nor infinity among the tensor's values, as llama.cpp makes them floats: also of
/// quantized ones, whose scales may be neither. Of a type that is_matrix_type (sound_model.h)
/// takes. Cost: one pass over its bytes. Throws Error where the file is shorter than it was.
[[nodiscard]] bool has_finite_values(const GgufFile& file, const GgufTensorInfo& tensor);

}  // namespace otherwise
