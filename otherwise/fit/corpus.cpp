#include "otherwise/fit/corpus.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "otherwise/base/error.h"

namespace otherwise {
namespace {

constexpr std::size_t kBytesPerToken = 16;  // several times what texts have
constexpr std::size_t kLeastBytes = 4096;

/// The first bytes of a file, up to the last white space among them; all of a shorter file.
struct Start {
    std::string text;
    bool is_whole = false;
};

Start read_start(const std::filesystem::path& path, std::size_t bytes) {
    std::ifstream file(path, std::ios::binary);
    Start start{.text = std::string(bytes, '\0')};
    file.read(start.text.data(), static_cast<std::streamsize>(bytes));
    if (std::filesystem::is_directory(path) || (!file && !file.eof())) {
        fail({.where = "corpus_tokens",
              .expected = "a text file for the covariance",
              .came = "'" + path.string() + "'"});
    }
    start.text.resize(static_cast<std::size_t>(file.gcount()));
    start.is_whole = file.eof();
    const auto space = start.text.find_last_of(" \t\r\n");
    if (!start.is_whole && space != std::string::npos) {
        start.text.resize(space);  // no word is cut
    }
    return start;
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
