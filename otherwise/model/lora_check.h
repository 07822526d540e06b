// What a LoRA file holds, checked against the model before llama.cpp sees it: llama.cpp compares
// two dimensions of each tensor, and aborts at the first decode over the rest.
#pragma once

#include <string>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// What llama.cpp does not do of what an adapter asks for.
struct LoraLeftOut {
    std::vector<std::string> tensors;  ///< trained norms: read over
    /// Of an activated LoRA: it acts from where the text has these tokens on; llama.cpp's library
    /// applies it to every row. Empty for others.
    Tokens invocation;
};

[[nodiscard]] LoraLeftOut lora_left_out(const GgufFile& file);

/// The same for people, of an adapter that acts on all rows or on those in scope `written` only. An
/// activated LoRA that would act on the whole prompt is another model: throws Error.
[[nodiscard]] std::vector<std::string> left_out_notes(const LoraLeftOut& left,
                                                      const std::string& path, bool written_only);

/// Throws Error: no LoRA, one for another architecture, an alpha that is no number, a pair that is
/// not whole, of rank 0 or one beyond the matrix's own, with NaN or infinity, for a tensor that the
/// model lacks or that is no matrix, or of other dimensions:
///
///   weight [in, out]            a [in, rank]             b [rank, out]
///   experts [in, out, n]        a [in, rank, n]          b [rank, out, n]
///   token embedding [n_embd, V] a [rank, V]              b [rank, n_embd]
///
/// also for the embedding of a model that uses it as its output matrix, too: there llama.cpp
/// multiplies with it the other way round.
void check_lora(const GgufFile& file, const Model& model);

}  // namespace otherwise
