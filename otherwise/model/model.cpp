#include "otherwise/model/model.h"

#include <algorithm>
#include <array>
#include <limits>

#include "llama.h"
#include "otherwise/base/cancelled.h"
#include "otherwise/base/error.h"
#include "otherwise/base/free_memory.h"
#include "otherwise/base/hash.h"
#include "otherwise/base/text.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/dense.h"
#include "otherwise/model/gguf_file.h"
#include "otherwise/model/log.h"
#include "otherwise/model/model_files.h"
#include "otherwise/model/quantize.h"
#include "otherwise/model/system.h"
#include "otherwise/model/tokenizer.h"

namespace otherwise {
namespace {

llama_model_params parameters(const ModelOptions& options) {
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = options.gpu_layers;
    params.use_extra_bufts = options.repack;
    params.vocab_only = options.vocabulary_only;
    params.progress_callback = [](float, void*) { return !is_cancelled(); };
    return params;
}

/// llama.cpp maps the files, but lays most weights out anew.
void require_memory(const std::vector<std::filesystem::path>& files) {
    std::uintmax_t bytes = 0;
    for (const auto& file : files) {
        bytes += std::filesystem::file_size(file);
    }
    require_model_memory(bytes, free_memory());
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& reason) {
    fail({.where = "Model::load",
          .expected = "a model that llama.cpp can use",
          .came = "'" + path.string() + "' (" + to_utf8(reason) + ")"});
}

}  // namespace

void Model::Deleter::operator()(llama_model* model) const { llama_model_free(model); }

Model::~Model() = default;

std::shared_ptr<const Model> Model::load(const std::filesystem::path& path,
                                         const ModelOptions& options) {
    if (options.vocabulary_only) {
        take_backend_log();
    } else {
        start_backend();
    }
    std::shared_ptr<Model> model(new Model);  // the constructor is private
    model->path_ = path;
    model->options_ = options;
    model->files_ = model_files(path);
    model->open();
    model->require_usable();
    model->writes_space_ = model->text(model->tokenize("a", false, false)) == " a";
    return model;
}

void Model::open() {
    std::optional<DenseCopy> copy;
    if (!options_.weights.empty() && !options_.vocabulary_only &&
        !is_dense(files_, options_.weights)) {
        copy.emplace(files_, options_.weights);
        copied_ = true;
    }
    clear_backend_errors();
    const bool held = options_.repack && !options_.vocabulary_only && !on_gpu(options_.gpu_layers);
    if (held && !copy) {
        require_memory(files_);
    }
    const auto file = copy ? copy->path() : path_;
    handle_.reset(llama_model_load_from_file(file.c_str(), parameters(options_)));
    if (!handle_) {
        stop_if_cancelled();
        const std::string reason = last_backend_error();
        refuse(path_, reason.empty() ? "no reason given" : reason);
    }
}

void Model::require_usable() const {
    const llama_model* model = handle_.get();
    if (llama_model_has_encoder(model) || !llama_model_has_decoder(model)) {
        refuse(path_, "it has an encoder; only decoder models are supported");
    }
    if (llama_model_is_diffusion(model)) {
        refuse(path_, "a diffusion model; only decoder models are supported");
    }
    if (llama_vocab_type(vocab()) == LLAMA_VOCAB_TYPE_NONE || n_vocab() < 2) {
        refuse(path_, "it has no vocabulary");
    }
    if (llama_vocab_get_add_eos(vocab()) && llama_vocab_eos(vocab()) < 0) {
        refuse(path_, "its vocabulary asks for an end token and has none");
    }
}

const llama_vocab* Model::vocab() const { return llama_model_get_vocab(handle_.get()); }

std::string Model::architecture() const { return metadata("general.architecture").value_or(""); }

std::string Model::name() const {
    const auto named = metadata("general.name");
    return named && !named->empty() ? *named : path_.stem().string();
}

std::string Model::quantization() const {
    if (options_.vocabulary_only || copied_) {  // llama.cpp learns a type with the weights
        constexpr double kTypes = 65536.0;  // of LLAMA_FTYPE_*, whose highest bit says "guessed"
        const auto stored = GgufFile::open(path_).number("general.file_type");
        const bool known = stored && *stored >= 0.0 && *stored < kTypes;
        const auto name = known ? quantization_name(static_cast<int>(*stored)) : "unknown";
        return copied_ ? name + " as " + options_.weights : name;
    }
    return quantization_name(static_cast<int>(llama_model_ftype(handle_.get())));
}

bool Model::stored_quantized() const { return is_quantized(files_); }

bool Model::quantized() const { return !copied_ && stored_quantized(); }

int Model::n_vocab() const { return llama_vocab_n_tokens(vocab()); }
int Model::n_embd() const { return llama_model_n_embd(handle_.get()); }
int Model::n_layer() const { return llama_model_n_layer(handle_.get()); }
int Model::n_head() const { return llama_model_n_head(handle_.get()); }
int Model::n_head_kv() const { return llama_model_n_head_kv(handle_.get()); }
int Model::n_ctx_train() const { return llama_model_n_ctx_train(handle_.get()); }

int Model::max_positions() const {
    const bool table = llama_model_rope_type(handle_.get()) == LLAMA_ROPE_TYPE_NONE && !recurrent();
    return table ? n_ctx_train() : std::numeric_limits<int>::max();
}

int Model::sliding_window() const { return llama_model_n_swa(handle_.get()); }
std::uint64_t Model::size_bytes() const { return llama_model_size(handle_.get()); }
std::uint64_t Model::n_params() const { return llama_model_n_params(handle_.get()); }

bool Model::recurrent() const {
    return llama_model_is_recurrent(handle_.get()) || llama_model_is_hybrid(handle_.get());
}

std::optional<std::string> Model::metadata(std::string_view key) const {
    const std::string name(key);
    std::array<char, 1> none{};
    const int size =
        llama_model_meta_val_str(handle_.get(), name.c_str(), none.data(), none.size());
    if (size < 0) {
        return std::nullopt;
    }
    std::string value(static_cast<std::size_t>(size) + 1, '\0');
    llama_model_meta_val_str(handle_.get(), name.c_str(), value.data(), value.size());
    value.resize(static_cast<std::size_t>(size));
    return value;
}

std::optional<std::string> Model::chat_template() const {
    const char* text = llama_model_chat_template(handle_.get(), nullptr);
    return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

const std::string& Model::hash() const {
    std::call_once(hash_once_, [this] {
        std::string joined;
        for (const auto& file : files_) {
            joined += (joined.empty() ? "" : "+") + sha256_file(file);
        }
        hash_ = joined;
    });
    return hash_;
}

Tokens Model::tokenize(std::string_view text, bool add_special, bool parse_special) const {
    const llama_vocab* v = vocab();
    if (add_special && llama_vocab_get_add_bos(v) && bos() < 0) {
        fail({.where = "Model::tokenize",
              .expected = "a vocabulary with the start token that it asks for",
              .came = "none in '" + path_.string() + "'"});
    }
    Tokens tokens = split_text(v, to_utf8(text), add_special, parse_special);
    // An EOS that the vocabulary would add belongs to training; a prompt goes on.
    if (add_special && llama_vocab_get_add_eos(v) && !tokens.empty() &&
        tokens.back() == llama_vocab_eos(v)) {
        tokens.pop_back();
    }
    while (add_special && tokens.size() > 1 && tokens[0] == bos() && tokens[1] == bos()) {
        tokens.erase(tokens.begin());
    }
    return tokens;
}

Tokens Model::continuation(std::string_view text, bool parse_special) const {
    if (text.empty() || !writes_space_) {
        return tokenize(text, false, parse_special);
    }
    // Behind a sign that no token joins with what follows, the text is in the middle of another.
    for (const std::string before : {"\x01", "\n", ".", "a"}) {
        const Tokens start = tokenize(before, false, false);
        Tokens all = tokenize(before + std::string(text), false, parse_special);
        if (all.size() >= start.size() && std::equal(start.begin(), start.end(), all.begin())) {
            all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(start.size()));
            return all;
        }
    }
    fail({.where = "Model::continuation",
          .expected = "a vocabulary that splits between a text and what goes on after it",
          .came = "'" + path_.string() + "'"});
}

void Model::require_token(Token token) const {
    if (token < 0 || token >= n_vocab()) {
        misuse({.where = "Model",
                .expected = "a token between 0 and " + std::to_string(n_vocab() - 1),
                .came = std::to_string(token)});
    }
}

std::string Model::piece(Token token, bool special) const {
    require_token(token);
    constexpr std::size_t kUsualPiece = 32;
    std::string bytes(kUsualPiece, '\0');
    const auto fill = [&] {
        return llama_token_to_piece(vocab(), token, bytes.data(),
                                    static_cast<std::int32_t>(bytes.size()), 0, special);
    };
    std::int32_t size = fill();
    if (size < 0) {
        bytes.resize(static_cast<std::size_t>(-size));
        size = fill();
    }
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
}

std::string Model::text(std::span<const Token> tokens, bool special) const {
    std::string all;
    for (const Token token : tokens) {
        all += piece(token, special);
    }
    return all;
}

bool Model::ends(Token token) const {
    return token >= 0 && token < n_vocab() && llama_vocab_is_eog(vocab(), token);
}

Token Model::eos() const {
    const Token eot = llama_vocab_eot(vocab());
    const Token end = llama_vocab_eos(vocab());
    return ends(end) ? end : eot;
}

Token Model::bos() const {
    return llama_vocab_get_add_bos(vocab()) ? llama_vocab_bos(vocab()) : -1;
}

TokenKind Model::kind(Token token) const {
    require_token(token);
    const auto attributes = static_cast<unsigned>(llama_vocab_get_attr(vocab(), token));
    const auto has = [&](unsigned attribute) { return (attributes & attribute) != 0; };
    if (has(LLAMA_TOKEN_ATTR_UNUSED)) {
        return TokenKind::unused;
    }
    if (has(LLAMA_TOKEN_ATTR_CONTROL)) {
        return TokenKind::control;
    }
    if (has(LLAMA_TOKEN_ATTR_UNKNOWN)) {
        return TokenKind::unknown;
    }
    if (has(LLAMA_TOKEN_ATTR_USER_DEFINED)) {
        return TokenKind::user_defined;
    }
    if (has(LLAMA_TOKEN_ATTR_BYTE)) {
        return TokenKind::byte;
    }
    // llama.cpp leaves the slots that pad a vocabulary without any attribute
    return has(LLAMA_TOKEN_ATTR_NORMAL) ? TokenKind::normal : TokenKind::unused;
}

std::string Model::token_name(Token token) const {
    require_token(token);
    return llama_vocab_get_text(vocab(), token);
}

}  // namespace otherwise
