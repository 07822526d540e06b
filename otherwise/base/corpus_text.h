// A long text: a text file as it is, or the texts of its records.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

namespace otherwise {

/// The start of a corpus, or all of it.
struct CorpusText {
    std::string text;
    bool is_whole = false;
};

/// The first `most` bytes of a text file, without its byte-order mark and up to the last white
/// space among them; of records ("text" or "prompt" of objects, or strings, whatever Records
/// knows) as many as have that size, with an empty line between any two. Throws Error where a
/// record has neither, and what Records throws.
[[nodiscard]] CorpusText read_corpus_text(std::istream& in, const std::string& source,
                                          std::size_t most);

}  // namespace otherwise
