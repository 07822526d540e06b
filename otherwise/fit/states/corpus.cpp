#include "otherwise/fit/states/corpus.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "otherwise/base/corpus_text.h"
#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kBytesPerToken = 16;  // several times what texts have
constexpr std::size_t kLeastBytes = 4096;

CorpusText read_start(const std::filesystem::path& path, std::size_t bytes) {
    std::ifstream file(path, std::ios::binary);
    if (std::filesystem::is_directory(path) || !file) {
        fail({.where = "corpus_tokens",
              .expected = "a text file for the covariance",
              .came = "'" + path.string() + "'"});
    }
    return read_corpus_text(file, path.string(), bytes);
}

}  // namespace

Tokens corpus_tokens(const Model& model, const std::filesystem::path& path, std::size_t most) {
    for (std::size_t bytes = std::max(kLeastBytes, most * kBytesPerToken);; bytes *= 2) {
        const auto start = read_start(path, bytes);
        Tokens tokens = model.tokenize(start.text, false, false);
        if (tokens.size() >= most || start.is_whole) {
            tokens.resize(std::min(tokens.size(), most));
            return tokens;
        }
    }
}

}  // namespace otherwise
