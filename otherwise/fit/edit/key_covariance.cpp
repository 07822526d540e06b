#include "otherwise/fit/edit/key_covariance.h"

#include <Eigen/Dense>
#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>

#include "otherwise/base/error.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/parallel.h"
#include "otherwise/base/strict_stream.h"
#include "otherwise/fit/states/corpus.h"
#include "otherwise/fit/states/sampling.h"
#include "otherwise/fit/states/states.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/invariance.h"

namespace otherwise {
namespace {

constexpr long kTokens = 4096;
constexpr int kText = 64;      // tokens of one text
constexpr int kBlock = 256;    // keys that are summed at once
constexpr int kLeastKeys = 2;  // for each value of a key
constexpr int kKeys = 3;
constexpr const char* kForm = "2";

/// Adds keys up block by block.
class Sum {
public:
    explicit Sum(int width) : block_(width, kBlock), sum_(Eigen::MatrixXd::Zero(width, width)) {}

    /// Rows of keys; returns at once unless a block is full.
    void add(std::span<const float> keys) {
        const auto width = static_cast<std::size_t>(block_.rows());
        for (std::size_t at = 0; at < keys.size(); at += width) {
            block_.col(filled_++) =
                Eigen::Map<const Eigen::VectorXf>(keys.data() + at, block_.rows()).cast<double>();
            ++keys_;
            if (filled_ == kBlock) {
                flush();
            }
        }
    }
    [[nodiscard]] KeyCovariance result(int layer) {
        flush();
        KeyCovariance c{.layer = layer, .width = static_cast<int>(sum_.rows()), .keys = keys_};
        for (Eigen::Index row = 0; row < sum_.rows(); ++row) {
            for (Eigen::Index column = 0; column <= row; ++column) {
                c.lower.push_back(
                    static_cast<float>(sum_(row, column) / static_cast<double>(keys_)));
            }
        }
        return c;
    }

private:
    void flush() {
        if (filled_ == 0) {  // Eigen divides by the number of columns
            return;
        }
        sum_.selfadjointView<Eigen::Lower>().rankUpdate(block_.leftCols(filled_));
        filled_ = 0;
    }
    Eigen::MatrixXd block_;  // [width, kBlock]
    Eigen::MatrixXd sum_;
    Eigen::Index filled_ = 0;
    long keys_ = 0;
};

long wanted_tokens(const Architecture& architecture, const CovarianceText& text) {
    return text.tokens > 0 ? text.tokens : covariance_tokens(architecture);
}

std::vector<Tokens> corpus_texts(const Model& model, const Architecture& architecture,
                                 const CovarianceText& text) {
    const Tokens all = corpus_tokens(model, text.corpus,
                                     static_cast<std::size_t>(wanted_tokens(architecture, text)));
    const Tokens start = model.tokenize("", true, false);  // BOS, or nothing
    std::vector<Tokens> texts;
    for (std::size_t at = 0; at < all.size(); at += kText) {
        Tokens tokens = start;
        const auto end = std::min(all.size(), at + kText);
        tokens.insert(tokens.end(), all.begin() + static_cast<std::ptrdiff_t>(at),
                      all.begin() + static_cast<std::ptrdiff_t>(end));
        texts.push_back(std::move(tokens));
    }
    const long need = least_covariance_tokens(architecture);
    if (static_cast<long>(all.size()) < need) {
        fail({.where = "corpus_texts",
              .expected = "a corpus of at least " + std::to_string(need) + " tokens (twice the " +
                          std::to_string(architecture.inner) + " values of a key)",
              .came = std::to_string(all.size()) + " in '" + text.corpus.string() + "'",
              .advice = "give more text, or none: the model then writes its own"});
    }
    return texts;
}

std::string text_name(const CovarianceText& text, long tokens) {
    return text.corpus.empty()
               ? "samples:" + std::to_string(text.seed) + ":" + std::to_string(tokens)
               : "corpus:" + sha256_file(text.corpus) + ":" + std::to_string(tokens);
}

/// The names that a cache file of this layer must hold; of the remedy what the usual one is not.
std::string cache_key(const Model& model, int layer, int least_rows, const std::string& text) {
    const Remedy usual;
    return std::string(kForm) + " " + model.hash() + " " + std::to_string(layer) + " " + text +
           (least_rows == usual.least_rows ? "" : " rows:" + std::to_string(least_rows)) +
           (model.options().repack == usual.repack ? "" : " plain");
}

std::filesystem::path cache_path(const std::filesystem::path& folder, const std::string& key) {
    auto name = strict(std::ostringstream());
    name << std::hex << hash64(key) << ".gguf";
    return folder / name.str();
}

/// The hash of the numbers, which says whether a cache file is as it was written.
std::string hash_of(const std::vector<float>& values) {
    return sha256_text(
        {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

bool read_cached(const std::filesystem::path& folder, const std::string& key,
                 KeyCovariance& covariance) {
    const auto path = cache_path(folder, key);
    if (folder.empty() || !std::filesystem::exists(path)) {
        return false;
    }
    try {
        const auto file = GgufFile::open(path);
        const auto* tensor = file.find("covariance");
        const auto n = static_cast<std::uint64_t>(covariance.width);
        if (file.text("otherwise.covariance.of") != key || tensor == nullptr ||
            tensor->shape != std::vector{static_cast<std::int64_t>(n * (n + 1) / 2)}) {
            return false;
        }
        covariance.keys = static_cast<long>(file.number("otherwise.covariance.keys").value_or(0));
        covariance.lower = file.read_f32(*tensor);
        return file.text("otherwise.covariance.sha256") == hash_of(covariance.lower);
    } catch (const Error&) {
        return false;  // it is made again
    }
}

void write_cached(const std::filesystem::path& folder, const std::string& key,
                  const KeyCovariance& covariance) {
    if (folder.empty()) {
        return;
    }
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    const GgufTensor tensor{.name = "covariance",
                            .shape = {static_cast<std::int64_t>(covariance.lower.size())},
                            .values = covariance.lower};
    write_gguf(cache_path(folder, key),
               {{"general.type", std::string("covariance")},
                {"otherwise.covariance.of", key},
                {"otherwise.covariance.sha256", hash_of(covariance.lower)},
                {"otherwise.covariance.keys", static_cast<std::uint32_t>(covariance.keys)}},
               std::span(&tensor, 1));
}

/// Sums of the layers that are missing, over one pass of the text; none when it was cancelled.
std::map<int, Sum> gather(const std::shared_ptr<const Model>& model,
                          const Architecture& architecture, const CovarianceOptions& options,
                          const std::vector<int>& layers) {
    std::map<int, Sum> sums;
    for (const int layer : layers) {
        sums.emplace(layer, architecture.inner);
    }
    const auto stopped = [&] { return options.cancelled && options.cancelled(); };
    if (!options.text.corpus.empty()) {
        const auto texts = corpus_texts(*model, architecture, options.text);
        ReadStatesOptions reading{.threads = options.threads,
                                  .least_rows = options.least_rows,
                                  .last_block = true,
                                  .on_progress = options.on_progress,
                                  .cancelled = options.cancelled};
        for (const int layer : layers) {
            reading.nodes.push_back(architecture.key_node(layer));
        }
        reading.on_states = [&](const TextStates& states) {
            sums.at(layers[states.node]).add(states.values);
        };
        return read_states(model, texts, reading) ? std::move(sums) : std::map<int, Sum>{};
    }
    const long tokens = wanted_tokens(architecture, options.text);
    SamplingOptions sampling{.texts = static_cast<int>((tokens + kText - 1) / kText),
                             .length = kText,
                             .seed = options.text.seed,
                             .threads = options.threads,
                             .least_rows = options.least_rows,
                             .on_progress = options.on_progress,
                             .cancelled = options.cancelled};
    for (const int layer : layers) {
        sampling.hooks.push_back(
            {.node = architecture.key_node(layer),
             .edit = [&sums, layer](const SiteRows& rows) { sums.at(layer).add(rows.values); }});
    }
    (void)sample_texts(model, sampling);
    return stopped() ? std::map<int, Sum>{} : std::move(sums);
}

}  // namespace

long least_covariance_tokens(const Architecture& architecture) {
    return static_cast<long>(kLeastKeys) * architecture.inner;
}

long covariance_tokens(const Architecture& architecture) {
    return std::max(kTokens, static_cast<long>(kKeys) * architecture.inner);
}

void check_corpus(const Model& model, const Architecture& architecture,
                  const CovarianceText& text) {
    if (!text.corpus.empty()) {
        (void)corpus_texts(model, architecture, text);
    }
    if (text.tokens > 0 && text.tokens < least_covariance_tokens(architecture)) {
        misuse({.where = "check_corpus",
                .expected = "at least " + std::to_string(least_covariance_tokens(architecture)) +
                            " tokens for the covariance of this model",
                .came = std::to_string(text.tokens)});
    }
}

std::vector<KeyCovariance> key_covariances(const std::shared_ptr<const Model>& model,
                                           const Architecture& architecture,
                                           const CovarianceOptions& options) {
    const auto text = text_name(options.text, wanted_tokens(architecture, options.text));
    std::vector<KeyCovariance> found;
    std::vector<int> missing;
    for (const int layer : options.layers) {
        found.push_back({.layer = layer, .width = architecture.inner});
        if (!read_cached(options.cache, cache_key(*model, layer, options.least_rows, text),
                         found.back())) {
            missing.push_back(layer);
        }
    }
    if (missing.empty()) {
        return found;
    }
    auto sums = gather(model, architecture, options, missing);
    if (sums.empty()) {
        return {};
    }
    for (auto& covariance : found) {
        if (const auto sum = sums.find(covariance.layer); sum != sums.end()) {
            covariance = sum->second.result(covariance.layer);
            sums.erase(sum);
            write_cached(options.cache,
                         cache_key(*model, covariance.layer, options.least_rows, text), covariance);
        }
    }
    return found;
}

std::size_t packed_covariance_bytes(const Architecture& architecture, int layers) {
    const auto width = static_cast<std::size_t>(architecture.inner);
    return static_cast<std::size_t>(layers) * (width * (width + 1) / 2) * sizeof(float);
}

std::size_t covariance_bytes(const Architecture& architecture, int layers) {
    const auto width = static_cast<std::size_t>(architecture.inner);
    return static_cast<std::size_t>(layers + 2) * width * (width + kBlock) * sizeof(double);
}

}  // namespace otherwise
