#include "otherwise/generate/corpus.h"

#include <algorithm>
#include <string>
#include <utility>

#include "otherwise/base/error.h"
#include "otherwise/base/text.h"

namespace otherwise {

std::vector<InputString> cut_corpus(std::string_view text, std::string_view source,
                                    const Model& model, int chunk, int limit) {
    if (chunk < 4 || chunk % 2 != 0) {
        misuse({.where = "cut_corpus",
                .expected =
                    "chunks of an even number of tokens, at least 4 (" + setting("context") + ")",
                .came = std::to_string(chunk)});
    }
    if (!is_utf8(text)) {
        fail({.where = "cut_corpus",
              .expected = "a corpus in UTF-8",
              .came = "other bytes in '" + std::string(source) + "'"});
    }
    Tokens tokens;
    try {
        tokens = model.tokenize(text, true, false);
    } catch (const Error& error) {
        Complaint complaint = error.complaint();
        complaint.came += " of '" + std::string(source) + "'";
        throw Error(error.fault(), std::move(complaint));
    }
    const bool adds_bos = model.bos() >= 0 && !tokens.empty() && tokens.front() == model.bos();
    auto chunks = static_cast<int>(tokens.size()) / chunk;
    if (chunks == 0) {
        fail({.where = "cut_corpus",
              .expected = "a corpus of at least one chunk of " + std::to_string(chunk) + " tokens",
              .came = std::to_string(tokens.size()) + " tokens in '" + std::string(source) + "'",
              .advice = "a longer text, or a smaller " + setting("context")});
    }
    if (limit > 0) {
        chunks = std::min(chunks, limit);
    }
    std::vector<InputString> strings;
    strings.reserve(static_cast<std::size_t>(chunks));
    for (int i = 0; i < chunks; ++i) {
        const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(i) * chunk;
        const auto scored = begin + chunk / 2 + 1;
        InputString string;
        string.id = std::to_string(i + 1);
        string.prompt_tokens = Tokens(begin, scored);
        string.tokens = Tokens(scored, begin + chunk);
        if (adds_bos) {
            string.prompt_tokens->front() = model.bos();
        }
        strings.push_back(std::move(string));
    }
    return strings;
}

}  // namespace otherwise
