#include "otherwise/model/context.h"

#include <algorithm>
#include <utility>

#include "llama.h"
#include "otherwise/base/error.h"
#include "otherwise/base/joined.h"
#include "otherwise/model/flash_attention.h"
#include "otherwise/model/log.h"

namespace otherwise {
namespace {

constexpr int kCellMultiple = 256;

ggml_type cache_type(const std::string& name) {
    const auto names = cache_type_names();
    const bool known = std::ranges::find(names, name) != names.end();
    for (int i = 0; known && i < GGML_TYPE_COUNT; ++i) {
        const auto type = static_cast<ggml_type>(i);
        if (const char* own = ggml_type_name(type); own != nullptr && name == own) {
            return type;
        }
    }
    misuse({.where = "Context",
            .expected = "a cache type (" + joined(names) + ")",
            .came = "'" + name + "'"});
}

llama_flash_attn_type flash_attention(const std::string& mode) {
    if (mode == "on" || mode == "1") {
        return LLAMA_FLASH_ATTN_TYPE_ENABLED;
    }
    if (mode == "off" || mode == "0") {
        return LLAMA_FLASH_ATTN_TYPE_DISABLED;
    }
    if (mode == "auto") {
        return LLAMA_FLASH_ATTN_TYPE_AUTO;
    }
    misuse({.where = "Context",
            .expected = "flash attention (" + joined(flash_attention_names()) + ")",
            .came = "'" + mode + "'"});
}

/// What llama.cpp makes for these options: for calls of one shape whole windows of streams, and
/// cells for rows that are forgotten again.
struct Made {
    int streams;
    int length;
    int rows;
};

Made made_for(const ContextOptions& options) {
    const FixedCalls& fixed = options.fixed;
    const int streams = fixed.any() ? fixed.with_ballast(options.n_streams) : options.n_streams;
    return {.streams = streams,
            .length = stream_length_for(options.stream_length + fixed.rows),
            // llama.cpp aborts where it has more streams than rows
            .rows = fixed.any() ? std::max(fixed.all_rows(), streams) : options.max_rows};
}

llama_context_params context_params(const ContextOptions& options, Tap& tap) {
    auto params = llama_context_default_params();
    const Made made = made_for(options);
    params.n_ctx = static_cast<std::uint32_t>(made.length * made.streams);
    params.n_seq_max = static_cast<std::uint32_t>(made.streams);
    params.n_batch = static_cast<std::uint32_t>(made.rows);
    params.n_ubatch = static_cast<std::uint32_t>(made.rows);
    params.n_threads = options.threads;
    params.n_threads_batch = options.threads;
    params.type_k = cache_type(options.cache_keys);
    params.type_v = cache_type(options.cache_values);
    params.flash_attn_type = flash_attention(options.flash_attention);
    params.kv_unified = false;
    params.swa_full = true;  // with false, trimming gives wrong logits
    params.no_perf = true;
    if (!tap.empty()) {
        params.cb_eval = Tap::on_node;
        params.cb_eval_user_data = &tap;
    }
    return params;
}

Shape shape_of(const Model& model, const ContextOptions& options,
               const std::vector<LoraUse>& loras) {
    Shape shape;
    shape.n_vocab = model.n_vocab();
    shape.n_streams = options.n_streams;
    shape.stream_length = std::min(stream_length_for(options.stream_length),
                                   model.max_positions() - options.fixed.rows);
    shape.max_rows = options.max_rows;
    shape.min_rows = options.fixed.any() ? 1 : options.least_rows;
    shape.min_wanted = shape.min_rows;
    shape.one_shape = options.fixed.rows > 1;  // a processor's pieces have one row of each
    if (options.least_rows < kUsualLeastRows && !options.fixed.any()) {
        shape.max_stream_rows = options.max_rows;
    } else if (options.tiled && !options.fixed.any()) {
        shape.tile_rows = kTileRows;
    }
    shape.can_trim = !model.recurrent();
    shape.scoped_calls = std::ranges::any_of(loras, &LoraUse::scoped);
    return shape;
}

}  // namespace

/// Arrays behind a llama_batch, sized for one call.
struct Context::Batch {
    explicit Batch(int rows)
        : tokens(static_cast<std::size_t>(rows)),
          positions(tokens.size()),
          counts(tokens.size(), 1),
          streams(tokens.size()),
          stream_pointers(tokens.size()),
          wanted(tokens.size()) {
        for (std::size_t i = 0; i < streams.size(); ++i) {
            stream_pointers[i] = &streams[i];
        }
    }
    llama_batch view(int rows) {
        return {.n_tokens = rows,
                .token = tokens.data(),
                .embd = nullptr,
                .pos = positions.data(),
                .n_seq_id = counts.data(),
                .seq_id = stream_pointers.data(),
                .logits = wanted.data()};
    }
    std::vector<llama_token> tokens;
    std::vector<llama_pos> positions;
    std::vector<std::int32_t> counts;
    std::vector<llama_seq_id> streams;
    std::vector<llama_seq_id*> stream_pointers;
    std::vector<std::int8_t> wanted;
};

void Context::Deleter::operator()(llama_context* context) const { llama_free(context); }

Context::Context(std::shared_ptr<const Model> model, ContextOptions options)
    : model_(std::move(model)),
      loras_(std::move(options.loras)),
      tap_(std::move(options.sites)),
      shape_(shape_of(*model_, options, loras_)),
      fixed_(options.fixed),
      workers_(options.threads),
      own_rows_(std::move(options.own_rows)),
      strings_(static_cast<std::size_t>(made_for(options).streams), -1),
      batch_(std::make_unique<Batch>(made_for(options).rows)) {
    context_.reset(llama_init_from_model(model_->handle(), context_params(options, tap_)));
    if (!context_) {
        fail({.where = "Context",
              .expected = "a context of " + std::to_string(shape_.n_streams) + " streams of " +
                          std::to_string(shape_.stream_length) + " tokens",
              .came = "'" + last_backend_error() + "' from llama.cpp",
              .advice = "try fewer streams (" + setting("parallel") + "), a smaller " +
                        setting("memory") + " or other cache types"});
    }
    rows_.resize(static_cast<std::size_t>(options.max_rows));
    if (fixed_.any()) {
        fill_ballast(made_for(options).length - fixed_.rows);
    }
    for (std::size_t i = 0; i < own_rows_.size(); ++i) {
        numbers_.emplace(own_rows_[i].prompt.get(), static_cast<int>(i));
    }
}

Context::~Context() = default;

void Context::use_adapters(bool written) {
    const int wanted = written ? 1 : 0;
    if (loras_.empty() || adapters_set_ == wanted || (adapters_set_ >= 0 && !shape_.scoped_calls)) {
        return;
    }
    std::vector<llama_adapter_lora*> adapters;
    std::vector<float> scales;
    for (const auto& use : loras_) {
        if (written ? use.on_written : use.on_prompt) {
            adapters.push_back(use.lora->handle());
            scales.push_back(use.scale);
        }
    }
    if (llama_set_adapters_lora(context_.get(), adapters.data(), adapters.size(), scales.data()) !=
        0) {
        fail({.where = "Context",
              .expected = "adapters that fit the model",
              .came = last_backend_error()});
    }
    adapters_set_ = wanted;
}

int Context::cells(int place) const {
    return llama_memory_seq_pos_max(llama_get_memory(context_.get()), place) + 1;
}

/// A row at another position than its stream's next would be evaluated, and be wrong.
void Context::require_next(const Call& call) const {
    for (int s = 0; s < call.n_streams; ++s) {
        const int position = call.positions[static_cast<std::size_t>(s)];
        const int next = cells(fixed_.place_of(call.first_stream + s));
        if (next != position) {
            fail({.where = "Context::decode",
                  .expected = "rows from position " + std::to_string(next) + " on in stream " +
                              std::to_string(call.first_stream + s),
                  .came = std::to_string(position)});
        }
    }
}

void Context::fill_batch(const Call& call) {
    std::size_t row = 0;
    for (int s = 0; s < call.n_streams; ++s) {
        for (int r = 0; r < call.n_rows; ++r, ++row) {
            batch_->tokens[row] = call.tokens[row];
            batch_->positions[row] = call.positions[static_cast<std::size_t>(s)] + r;
            batch_->streams[row] = call.first_stream + s;
            batch_->wanted[row] = static_cast<std::int8_t>(call.wanted[row]);
        }
    }
}

void Context::keep_logits(const Call& call) {
    for (int row = 0; row < call.size(); ++row) {
        const auto i = static_cast<std::size_t>(row);
        rows_[i] = call.wanted[i] != 0 ? llama_get_logits_ith(context_.get(), row) : nullptr;
    }
}

void Context::evaluate(const Call& call, std::span<const int> strings) {
    use_adapters(call.written.back() != 0);
    fill_batch(call);
    if (!tap_.empty()) {
        tap_.begin(call, strings);
    }
    int status = 0;
    seconds_ += workers_.run(*context_, [&] {
        status = llama_decode(context_.get(), batch_->view(call.size()));
        llama_synchronize(context_.get());
    });
    tap_.finish();
    if (status != 0) {
        fail({.where = "Context::decode",
              .expected = "llama.cpp to evaluate " + std::to_string(call.size()) + " rows",
              .came = "status " + std::to_string(status) + " (" + last_backend_error() + ")",
              .advice = "try fewer streams (" + setting("parallel") + ") or a smaller " +
                        setting("memory")});
    }
}

void Context::decode(const Call& call) {
    if (call.size() == 0 || call.size() > shape_.max_rows) {
        fail({.where = "Context::decode",
              .expected = "1 to " + std::to_string(shape_.max_rows) + " rows",
              .came = std::to_string(call.size())});
    }
    require_next(call);
    if (fixed_.any()) {
        decode_pieces(call);
    } else {
        evaluate(call, strings_);
        keep_logits(call);
    }
}

std::span<const float> Context::logits(int row) const {
    const float* values = rows_.at(static_cast<std::size_t>(row));
    if (values == nullptr) {
        fail({.where = "Context::logits",
              .expected = "a row whose logits were wanted",
              .came = std::to_string(row)});
    }
    return {values, static_cast<std::size_t>(shape_.n_vocab)};
}

void Context::copy(int from, int to) {
    // Only the full range may be copied between streams; anything else aborts the process.
    const int source = fixed_.place_of(from);
    const int target = fixed_.place_of(to);
    llama_memory_seq_cp(llama_get_memory(context_.get()), source, target, -1, -1);
    strings_.at(static_cast<std::size_t>(target)) = strings_.at(static_cast<std::size_t>(source));
}

void Context::begin(int stream, const Tokens& prompt) {
    const auto known = numbers_.find(&prompt);
    if (known == numbers_.end() && !numbers_.empty()) {
        fail({.where = "Context::begin",
              .expected = "a prompt of the strings that the states are for",
              .came = "another, of " + std::to_string(prompt.size()) + " tokens"});
    }
    strings_.at(static_cast<std::size_t>(fixed_.place_of(stream))) =
        known == numbers_.end() ? -1 : known->second;
}

int Context::own_from(const Tokens& prompt) const {
    const auto known = numbers_.find(&prompt);
    return known == numbers_.end() ? kNoOwnRows
                                   : own_rows_[static_cast<std::size_t>(known->second)].from;
}

void Context::trim(int stream, int length) {
    const int place = fixed_.place_of(stream);
    if (length == 0) {
        strings_.at(static_cast<std::size_t>(place)) = -1;
    }
    if (!llama_memory_seq_rm(llama_get_memory(context_.get()), place, length == 0 ? -1 : length,
                             -1)) {
        fail({.where = "Context::trim",
              .expected = "a model whose memory can be cut back",
              .came = model_->architecture()});
    }
}

std::size_t context_bytes(const Model& model, const ContextOptions& options) {
    const auto head = static_cast<std::size_t>(model.n_embd() / std::max(1, model.n_head()));
    const auto width = head * static_cast<std::size_t>(std::max(1, model.n_head_kv()));
    const Made made = made_for(options);
    const auto cells = static_cast<std::size_t>(made.length) *
                       static_cast<std::size_t>(made.streams) *
                       static_cast<std::size_t>(model.n_layer());
    const std::size_t cache =
        cells * (ggml_row_size(cache_type(options.cache_keys), static_cast<std::int64_t>(width)) +
                 ggml_row_size(cache_type(options.cache_values), static_cast<std::int64_t>(width)));
    const auto rows = static_cast<std::size_t>(2 * made.rows) +
                      (options.fixed.any() ? static_cast<std::size_t>(options.max_rows) : 0);
    const std::size_t outputs = rows * sizeof(float) * static_cast<std::size_t>(model.n_vocab());
    return cache + outputs;
}

bool uses_flash_attention(const std::string& mode) {
    return flash_attention(mode) != LLAMA_FLASH_ATTN_TYPE_DISABLED;
}

int stream_length_for(int tokens) {
    return std::max(1, (tokens + kCellMultiple - 1) / kCellMultiple) * kCellMultiple;
}

}  // namespace otherwise
