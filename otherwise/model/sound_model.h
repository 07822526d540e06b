// What a model's file says, checked before llama.cpp sees it: the numbers, tokens and types on
// which llama.cpp aborts, reads outside of the file or does not come back.
//
//   numbers      epsilons finite and from 0; heads that share keys evenly, of even width; a
//   rotation
//                of an even number of a head's values; experts that are used, groups that are
//                whole; windows, contexts and kinds of pooling that there are
//   vocabulary   no text twice
//   tensors      types that llama.cpp multiplies with, norms and biases in f32, on 32 bytes, none
//   of
//                size 0
//
// Each throws Error that names the file and what it says. Cost: one pass over the vocabulary and
// the list of tensors.
#pragma once

#include <string>

#include "otherwise/model/gguf_file.h"

namespace otherwise {

/// Of the file that has the metadata.
void require_sound_numbers(const GgufFile& file);
void require_sound_vocabulary(const GgufFile& file);
/// Of each file of a model.
void require_sound_tensors(const GgufFile& file);

/// Whether llama.cpp multiplies with matrices of the type, as GgufTensorInfo names it.
[[nodiscard]] bool is_matrix_type(const std::string& type);

}  // namespace otherwise
