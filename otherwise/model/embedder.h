// Texts to vectors by an embedding model, through llama.cpp's own pooling.
//
// An embedding model is a GGUF that declares how its states are pooled (mean, first or last token),
// or an encoder that declares nothing, whose states are then averaged. A language model without
// pooling is refused: its states are made for the next token, and their mean says little. Vectors
// have length 1, so that their dot product is the cosine. A text longer than the model's context
// is cut at its end and counted. Not thread safe.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otherwise/model/workers.h"

struct llama_context;
struct llama_model;

namespace otherwise {

struct EmbedderOptions {
    int gpu_layers = -1;  ///< as in ModelOptions
    bool repack = true;   ///< as there
    int threads = 1;      ///< at most
};

class Embedder {
public:
    /// Throws Error: no such file, not a GGUF, not a model, not an embedding model (with what it is
    /// instead), a reranker, one that llama.cpp cannot use.
    [[nodiscard]] static std::unique_ptr<Embedder> load(const std::filesystem::path& path,
                                                        const EmbedderOptions& options = {});
    ~Embedder();
    Embedder(const Embedder&) = delete;
    Embedder& operator=(const Embedder&) = delete;

    /// A vector for each text, [texts][width]. An empty text has the vector of its special tokens,
    /// or zeros where it has none. Throws Error when llama.cpp fails.
    [[nodiscard]] std::vector<std::vector<float>> embed(std::span<const std::string> texts);

    [[nodiscard]] int width() const { return width_; }
    [[nodiscard]] int longest() const { return longest_; }  ///< tokens of a text at most
    [[nodiscard]] long cut() const { return cut_; }         ///< texts that were longer, so far

private:
    struct ModelDeleter {
        void operator()(llama_model* model) const;
    };
    struct ContextDeleter {
        void operator()(llama_context* context) const;
    };
    explicit Embedder(int threads) : workers_(threads) {}
    [[nodiscard]] std::vector<std::int32_t> tokens_of(const std::string& text);
    void evaluate(std::span<const std::vector<std::int32_t>> texts);

    std::unique_ptr<llama_model, ModelDeleter> model_;
    Workers workers_;
    std::unique_ptr<llama_context, ContextDeleter> context_;
    int width_ = 0;
    int longest_ = 0;
    int rows_ = 0;  ///< of one call
    long cut_ = 0;
};

/// Cosines of texts two by two, [texts / 2], in [-1, 1]. `e5`: "query: " goes before each text, as
/// E5 models want.
[[nodiscard]] std::vector<double> pair_cosines(Embedder& embedder,
                                               std::span<const std::string> texts, bool e5);

/// The dot product of two vectors of one length, in double precision.
[[nodiscard]] double dot(std::span<const float> a, std::span<const float> b);

}  // namespace otherwise
