// llama.cpp's context as an Evaluator: separate key-value streams, rectangular calls, adapters,
// hooks.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "otherwise/model/adapter.h"
#include "otherwise/model/evaluator.h"
#include "otherwise/model/fixed_calls.h"
#include "otherwise/model/model.h"
#include "otherwise/model/tap.h"
#include "otherwise/model/workers.h"

struct llama_context;

namespace otherwise {

/// A LoRA at work: its scale, and on which rows.
struct LoraUse {
    std::shared_ptr<const Lora> lora;
    float scale = 1.0F;
    bool on_prompt = true;
    bool on_written = true;
    [[nodiscard]] bool scoped() const { return on_prompt != on_written; }
};

/// A prompt some of whose rows are of its string alone.
struct OwnRows {
    std::shared_ptr<const Tokens> prompt;
    int from = kNoOwnRows;
};

struct ContextOptions {
    int n_streams = 1;                 ///< at most 256, companions included
    int stream_length = 256;           ///< cells of each stream; rounded up to a multiple of 256
    int max_rows = 512;                ///< rows of one call
    int threads = 1;                   ///< at most; fewer beside other work, see workers.h
    std::string cache_keys = "f16";    ///< llama.cpp's -ctk
    std::string cache_values = "f16";  ///< llama.cpp's -ctv
    std::string flash_attention = "auto";
    std::vector<LoraUse> loras;
    std::vector<Hook> sites;
    /// The prompts that have rows of their own, and from where on (Evaluator::own_from); none where
    /// hooks act on all strings alike.
    std::vector<OwnRows> own_rows{};
    /// Rows that every call has at least, wanted ones too, so that llama.cpp takes the same kernels
    /// for all: 2 for most weights, 8 for some mixes of quantizations. 1 = any shape (--fast).
    int least_rows = kUsualLeastRows;
    /// Calls may also have 64 or more rows of a stream, for llama.cpp's tiled attention.
    bool tiled = false;
    /// The one shape of all calls, whatever shapes are asked for; then least_rows is not needed.
    FixedCalls fixed{};
};

class Context final : public Evaluator {
public:
    /// Throws Error: unknown cache type, not enough memory, an adapter that does not fit.
    Context(std::shared_ptr<const Model> model, ContextOptions options);
    ~Context() override;

    [[nodiscard]] Shape shape() const override { return shape_; }
    void decode(const Call& call) override;
    [[nodiscard]] std::span<const float> logits(int row) const override;
    void copy(int from, int to) override;
    void trim(int stream, int length) override;
    /// Throws Error for a prompt that is none of those with rows of their own, where there are any.
    void begin(int stream, const Tokens& prompt) override;
    [[nodiscard]] int own_from(const Tokens& prompt) const override;
    [[nodiscard]] double seconds() const override { return seconds_; }
    [[nodiscard]] double hook_seconds() const override { return tap_.seconds(); }

    /// From the next call on at most so many threads.
    void limit_threads(int most) { workers_.limit(most); }

    /// Nodes with an edit that have not appeared in any graph so far.
    [[nodiscard]] std::vector<std::string> silent_sites() const { return tap_.silent(); }

private:
    struct Deleter {
        void operator()(llama_context* context) const;
    };
    struct Batch;

    void use_adapters(bool written);
    void require_next(const Call& call) const;
    void fill_batch(const Call& call);
    void evaluate(const Call& call, std::span<const int> strings);
    void keep_logits(const Call& call);
    void decode_pieces(const Call& call);
    void keep_logits_of(const FixedPiece& piece, std::size_t& kept);
    void forget_padding(const FixedPiece& piece);
    void fill_ballast(int length);
    [[nodiscard]] int cells(int place) const;

    std::shared_ptr<const Model> model_;
    std::vector<LoraUse> loras_;
    Tap tap_;
    Shape shape_;
    FixedCalls fixed_;
    Workers workers_;
    std::vector<OwnRows> own_rows_;
    std::unordered_map<const Tokens*, int> numbers_;  // of the prompts among these
    std::vector<int>
        strings_;  // [streams, with ballast] number of the prompt they began with, −1 none
    int adapters_set_ = -1;  // −1 none yet, 0 for prompt rows, 1 for written rows
    std::unique_ptr<llama_context, Deleter> context_;
    std::unique_ptr<Batch> batch_;
    std::vector<const float*> rows_;   // logits of each row of the last call, null where not wanted
    std::vector<float> piece_logits_;  // what these point to where the call was cut into pieces
    double seconds_ = 0.0;
};

/// Bytes that a context of this shape takes: caches and logits. An estimate, from above.
[[nodiscard]] std::size_t context_bytes(const Model& model, const ContextOptions& options);

/// Cells for strings of `tokens` tokens: the smallest multiple of 256 that holds them.
[[nodiscard]] int stream_length_for(int tokens);

/// Whether this value of ContextOptions::flash_attention leaves it on. Throws Error for another
/// than on, off and auto.
[[nodiscard]] bool uses_flash_attention(const std::string& mode);

/// Names that cache_keys and cache_values take.
[[nodiscard]] std::vector<std::string> cache_type_names();

}  // namespace otherwise
