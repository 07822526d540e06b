#include "otherwise/model/embedder.h"

#include <algorithm>
#include <cmath>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/text.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/log.h"
#include "otherwise/model/tokenizer.h"

namespace otherwise {
namespace {

constexpr int kLongest = 2048;   ///< tokens: attention without a mask takes memory in squares
constexpr int kMostTexts = 64;   ///< of one call
constexpr int kLeastRows = 512;  ///< of one call; llama.cpp aborts with fewer rows than texts

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
    const std::string reason = last_backend_error();
    fail({.where = "Embedder::load",
          .expected = "an embedding model that llama.cpp can use",
          .came = "'" + path.string() + "' (" + what + (reason.empty() ? "" : ": ") +
                  to_utf8(reason) + ")"});
}

/// llama.cpp puts these around a text, and aborts where a vocabulary has them not.
void require_closing_tokens(const llama_vocab* vocab, const std::filesystem::path& path) {
    const bool pieces = llama_vocab_type(vocab) == LLAMA_VOCAB_TYPE_WPM;
    const bool starts = pieces || llama_vocab_get_add_bos(vocab);
    const bool ends = llama_vocab_get_add_eos(vocab);
    if ((starts && llama_vocab_bos(vocab) < 0) || (ends && llama_vocab_eos(vocab) < 0) ||
        (pieces && llama_vocab_sep(vocab) < 0)) {
        refuse(path, "its vocabulary has no tokens for the start and the end of a text");
    }
}

/// Tokens of a text at most: what the model was trained for, and has positions for.
int longest_of(const GgufFile& file, const llama_model* model) {
    int longest = std::min(kLongest, llama_model_n_ctx_train(model));
    if (const auto* positions = file.find("position_embd.weight");
        positions != nullptr && positions->shape.size() == 2) {
        longest = std::min(longest, static_cast<int>(positions->shape[1]));
    }
    return longest;
}

llama_context_params context_params(const EmbedderOptions& options, bool declares, int rows) {
    auto params = llama_context_default_params();
    params.n_ctx = static_cast<std::uint32_t>(rows);
    params.n_batch = static_cast<std::uint32_t>(rows);
    params.n_ubatch = static_cast<std::uint32_t>(rows);  // an encoder takes a call whole or aborts
    params.n_seq_max = kMostTexts;
    params.n_threads = options.threads;
    params.n_threads_batch = options.threads;
    params.embeddings = true;
    params.kv_unified = true;
    params.no_perf = true;
    params.pooling_type = declares ? LLAMA_POOLING_TYPE_UNSPECIFIED : LLAMA_POOLING_TYPE_MEAN;
    return params;
}

std::vector<float> normalised(std::span<const float> values) {
    double squares = 0.0;
    for (const float value : values) {
        squares += static_cast<double>(value) * static_cast<double>(value);
    }
    const double length = std::sqrt(squares);
    std::vector<float> result(values.begin(), values.end());
    if (length > 0.0) {
        std::transform(result.begin(), result.end(), result.begin(), [length](float value) {
            return static_cast<float>(static_cast<double>(value) / length);
        });
    }
    return result;
}

/// A llama_batch, freed at the end.
class Batch {
public:
    explicit Batch(int rows) : batch_(llama_batch_init(rows, 0, 1)) {}
    ~Batch() { llama_batch_free(batch_); }
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    Batch(Batch&&) = delete;
    Batch& operator=(Batch&&) = delete;

    void add(llama_token token, int position, int text) {
        const int row = batch_.n_tokens++;
        batch_.token[row] = token;
        batch_.pos[row] = position;
        batch_.n_seq_id[row] = 1;
        batch_.seq_id[row][0] = text;
        batch_.logits[row] = 1;
    }
    [[nodiscard]] llama_batch view() const { return batch_; }

private:
    llama_batch batch_;
};

}  // namespace

void Embedder::ModelDeleter::operator()(llama_model* model) const { llama_model_free(model); }
void Embedder::ContextDeleter::operator()(llama_context* context) const { llama_free(context); }

Embedder::~Embedder() = default;

std::unique_ptr<Embedder> Embedder::load(const std::filesystem::path& path,
                                         const EmbedderOptions& options) {
    start_backend();
    const GgufFile file = GgufFile::open(path);
    require_embedding_model(file);
    const auto pooling = file.number(file.architecture() + ".pooling_type");
    const bool declares = pooling && *pooling != 0.0;  // 0 is none: states as they are
    std::unique_ptr<Embedder> embedder(
        new Embedder(options.threads));  // the constructor is private
    auto params = llama_model_default_params();
    params.n_gpu_layers = options.gpu_layers;
    params.use_extra_bufts = options.repack;
    clear_backend_errors();
    embedder->model_.reset(llama_model_load_from_file(path.c_str(), params));
    llama_model* model = embedder->model_.get();
    if (model == nullptr) {
        refuse(path, "it does not load");
    }
    if (llama_model_has_decoder(model) && llama_model_has_encoder(model)) {
        refuse(path, "an encoder with a decoder");
    }
    if (llama_vocab_type(llama_model_get_vocab(model)) == LLAMA_VOCAB_TYPE_NONE) {
        refuse(path, "it has no vocabulary");
    }
    require_closing_tokens(llama_model_get_vocab(model), path);
    embedder->longest_ = longest_of(file, model);
    embedder->rows_ = std::max(embedder->longest_, kLeastRows);
    embedder->context_.reset(
        llama_init_from_model(model, context_params(options, declares, embedder->rows_)));
    if (!embedder->context_) {
        refuse(path, "no context");
    }
    embedder->width_ = llama_model_n_embd_out(model);
    return embedder;
}

std::vector<std::int32_t> Embedder::tokens_of(const std::string& text) {
    const llama_vocab* vocab = llama_model_get_vocab(model_.get());
    const std::string clean = to_utf8(text);
    Tokens tokens = split_text(vocab, clean, true, false);
    const auto longest = static_cast<std::size_t>(longest_);
    if (tokens.size() > longest) {
        const bool closed = llama_vocab_get_add_sep(vocab) || llama_vocab_get_add_eos(vocab);
        const std::int32_t last = tokens.back();
        tokens.resize(longest);
        tokens.back() = closed ? last : tokens.back();
        ++cut_;
    }
    return tokens;
}

void Embedder::evaluate(std::span<const std::vector<std::int32_t>> texts) {
    Batch batch(rows_);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        for (std::size_t t = 0; t < texts[i].size(); ++t) {
            batch.add(texts[i][t], static_cast<int>(t), static_cast<int>(i));
        }
    }
    clear_backend_errors();
    if (llama_memory_t memory = llama_get_memory(context_.get()); memory != nullptr) {
        llama_memory_clear(memory, true);
    }
    const bool encodes = llama_model_has_encoder(model_.get());
    int status = 0;
    workers_.run(*context_, [&] {
        status = encodes ? llama_encode(context_.get(), batch.view())
                         : llama_decode(context_.get(), batch.view());
    });
    if (status != 0) {
        fail({.where = "Embedder::embed",
              .expected = "llama.cpp to embed " + std::to_string(texts.size()) + " texts",
              .came = "status " + std::to_string(status) + " (" + last_backend_error() + ")"});
    }
}

std::vector<std::vector<float>> Embedder::embed(std::span<const std::string> texts) {
    std::vector<std::vector<float>> vectors(
        texts.size(), std::vector<float>(static_cast<std::size_t>(width_), 0.0F));
    std::vector<std::vector<std::int32_t>> group;  // of one call
    std::vector<std::size_t> members;
    std::size_t rows = 0;
    const auto finish = [&] {
        if (group.empty()) {
            return;
        }
        evaluate(group);
        for (std::size_t i = 0; i < group.size(); ++i) {
            const float* values =
                llama_get_embeddings_seq(context_.get(), static_cast<llama_seq_id>(i));
            if (values == nullptr) {
                fail({.where = "Embedder::embed",
                      .expected = "a vector for each text",
                      .came = "none from llama.cpp"});
            }
            vectors[members[i]] = normalised({values, static_cast<std::size_t>(width_)});
        }
        group.clear();
        members.clear();
        rows = 0;
    };
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto tokens = tokens_of(texts[i]);
        if (tokens.empty()) {
            continue;
        }
        if (rows + tokens.size() > static_cast<std::size_t>(rows_) || group.size() == kMostTexts) {
            finish();
        }
        rows += tokens.size();
        group.push_back(std::move(tokens));
        members.push_back(i);
    }
    finish();
    return vectors;
}

std::vector<double> pair_cosines(Embedder& embedder, std::span<const std::string> texts, bool e5) {
    std::vector<std::string> inputs;
    inputs.reserve(texts.size());
    for (const auto& text : texts) {
        inputs.push_back((e5 ? "query: " : "") + text);
    }
    const auto vectors = embedder.embed(inputs);
    std::vector<double> cosines;
    for (std::size_t i = 0; i + 1 < vectors.size(); i += 2) {
        // Rounding may leave the sphere by a little.
        cosines.push_back(std::clamp(dot(vectors[i], vectors[i + 1]), -1.0, 1.0));
    }
    return cosines;
}

double dot(std::span<const float> a, std::span<const float> b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
}

}  // namespace otherwise
