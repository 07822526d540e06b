// A long text as observed strings: cut into chunks, the second half of each is scored.
//
// As llama-perplexity cuts it: the text is tokenized as a whole; chunk i is tokens [i c, (i + 1)
// c), its first token replaced by BOS where the model wants one; the tokens after the first c / 2 +
// 1 are the observed ones, so that each is predicted from at least half a chunk. What is left at
// the end is not used.
#pragma once

#include <string_view>
#include <vector>

#include "otherwise/generate/strings.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// Chunks of `chunk` tokens, at least 4 and even; ids are their numbers from 1. `limit` chunks at
/// most, 0 = all. Memory: 4 bytes a token beside the text. Throws Error when the text is not UTF-8
/// or shorter than one chunk; `source` names it.
[[nodiscard]] std::vector<InputString> cut_corpus(std::string_view text, std::string_view source,
                                                  const Model& model, int chunk, int limit);

}  // namespace otherwise
