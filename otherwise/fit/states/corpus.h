// The first tokens of a corpus, a text file or one of records, of which no more is read than that
// takes.
#pragma once

#include <cstddef>
#include <filesystem>

#include "otherwise/base/token.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// The first `most` tokens of a corpus (read_corpus_text), or all of them where it has fewer. The
/// file is read up to a white space past some 16 bytes a token, twice as far where that was too
/// short: memory is that of so many tokens, whatever the file's size. Throws Error for what is no
/// file that can be read.
[[nodiscard]] Tokens corpus_tokens(const Model& model, const std::filesystem::path& path,
                                   std::size_t most);

}  // namespace otherwise
