// llama.cpp's tokenizer on texts of any length and shape.
//
// Most vocabularies are split first by std::regex, whose matcher calls itself once for every
// character of a match: 40,000 equals signs in a row overflow a stack of 8 MB. A text with a long
// run is therefore split on a thread with a stack that holds it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "otherwise/base/token.h"

struct llama_vocab;

namespace otherwise {

/// Tokens of well-formed UTF-8, as llama_tokenize gives them. Throws Error: a text of 2 GB, one
/// that the vocabulary can not write, a run for which there is no stack (its place is given).
[[nodiscard]] Tokens split_text(const llama_vocab* vocab, const std::string& text, bool add_special,
                                bool parse_special);

/// The longest run of blanks, or of anything else: a tokenizer's matches go no further than into
/// the next one.
struct LongestRun {
    std::size_t at = 0;      ///< byte of the text
    std::size_t length = 0;  ///< characters
};

[[nodiscard]] LongestRun longest_run(std::string_view text);

}  // namespace otherwise
