// A model file, loaded once and never changed: weights, vocabulary, chat template, facts.
//
// Thread-safe for reading. Everything that varies between worlds (adapters, hooks, caches) lives in
// contexts and adapters made from it. A token outside the vocabulary is misuse, but for ends().
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/token_kind.h"

struct llama_model;
struct llama_vocab;

namespace otherwise {

struct ModelOptions {
    int gpu_layers = -1;  ///< llama.cpp's -ngl: layers on a GPU; negative = all, where built in
    bool repack = true;   ///< llama.cpp's extra buffer types (weights in another order)
    std::string weights;  ///< "f16", "bf16", "f32": a copy in memory (dense.h); "" as stored
    bool vocabulary_only = false;  ///< no weights: only the vocabulary, metadata and hash are there
};

class Model {
public:
    /// Loads a GGUF model, mapped into memory. Of a model in several files name the first. Throws
    /// Error: no such file, a directory, not a GGUF, truncated, a GGUF that is not a model (an
    /// adapter, a control vector), an encoder or diffusion model.
    [[nodiscard]] static std::shared_ptr<const Model> load(const std::filesystem::path& path,
                                                           const ModelOptions& options = {});
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    /// path(), or every file of a model in several.
    [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
    [[nodiscard]] const ModelOptions& options() const { return options_; }
    [[nodiscard]] std::string architecture() const;  ///< general.architecture, "llama"
    [[nodiscard]] std::string name() const;          ///< general.name or the file's stem
    [[nodiscard]] std::string quantization() const;  ///< "Q4_0", "F16", …, "Q4_0 as f16"
    /// Whether ModelOptions::weights differ from those that are stored.
    [[nodiscard]] bool copied() const { return copied_; }
    /// True where some weight of the file is quantized.
    [[nodiscard]] bool stored_quantized() const;
    /// True where products round activations to 8 bits: some weight is quantized, and not copied.
    [[nodiscard]] bool quantized() const;
    [[nodiscard]] int n_vocab() const;
    [[nodiscard]] int n_embd() const;
    [[nodiscard]] int n_layer() const;
    [[nodiscard]] int n_head() const;
    [[nodiscard]] int n_head_kv() const;
    [[nodiscard]] int n_ctx_train() const;
    /// Positions that exist: n_ctx_train where they are looked up in a table (gpt2), beyond which
    /// llama.cpp aborts the process; else unlimited.
    [[nodiscard]] int max_positions() const;
    [[nodiscard]] int sliding_window() const;        ///< tokens, 0 without
    [[nodiscard]] bool recurrent() const;            ///< recurrent or hybrid: no partial trimming
    [[nodiscard]] std::uint64_t size_bytes() const;  ///< of all tensors
    [[nodiscard]] std::uint64_t n_params() const;
    [[nodiscard]] std::optional<std::string> metadata(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> chat_template() const;
    /// SHA-256 of the file, computed at the first call (about 2 s per GB); of a model in several
    /// files their hashes joined by '+'.
    [[nodiscard]] const std::string& hash() const;

    /// Text to tokens. `add_special` adds what the model wants at the start (BOS); `parse_special`
    /// reads "<|im_end|>" as the one token it names. SentencePiece vocabularies put a space before
    /// the text, as they were trained to. A text that is written with its BOS gets no second one.
    /// Ill-formed UTF-8 is read as U+FFFD. Throws Error: a vocabulary that asks for a BOS it does
    /// not have, split_text's.
    [[nodiscard]] Tokens tokenize(std::string_view text, bool add_special,
                                  bool parse_special) const;
    /// Tokens of a text that goes on after another: as tokenize(text, false, parse_special), but
    /// without the space that a SentencePiece vocabulary puts before a text of its own.
    [[nodiscard]] Tokens continuation(std::string_view text, bool parse_special) const;
    /// The bytes a token writes; "" for control tokens unless `special`.
    [[nodiscard]] std::string piece(Token token, bool special = false) const;
    /// The pieces one after the other, no space stripped; may be cut inside a UTF-8 sequence.
    [[nodiscard]] std::string text(std::span<const Token> tokens, bool special = false) const;
    /// End-of-generation token?
    [[nodiscard]] bool ends(Token token) const;
    [[nodiscard]] Token eos() const;  ///< the token to end a written text with, −1 without
    /// The token that the vocabulary puts before every text; −1 where it puts none, whatever the
    /// file says (a GGUF without the key has llama.cpp's default, a comma in GPT-2's vocabulary).
    [[nodiscard]] Token bos() const;
    [[nodiscard]] TokenKind kind(Token token) const;
    [[nodiscard]] std::string token_name(Token token) const;  ///< as stored in the vocabulary

    [[nodiscard]] llama_model* handle() const { return handle_.get(); }
    [[nodiscard]] const llama_vocab* vocab() const;
    /// llama.cpp keeps a list of a model's adapters: hold this while making or freeing one.
    [[nodiscard]] std::mutex& adapters_mutex() const { return adapters_mutex_; }

private:
    struct Deleter {
        void operator()(llama_model* model) const;
    };
    Model() = default;
    void open();
    void require_usable() const;
    void require_token(Token token) const;

    std::filesystem::path path_;
    std::vector<std::filesystem::path> files_;  ///< path_, or every part of it
    ModelOptions options_;
    bool copied_ = false;
    std::unique_ptr<llama_model, Deleter> handle_;
    bool writes_space_ = false;  ///< before every text, as SentencePiece does
    mutable std::once_flag hash_once_;
    mutable std::string hash_;
    mutable std::mutex adapters_mutex_;
};

}  // namespace otherwise
