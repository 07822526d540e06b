// A language model without weights, and an Evaluator of it that checks its caller.
//
// Logits are a pure function of the tokens of a stream: h' = mix(h, token) along the stream, and
// the logit of token k is spread · u(h, k) with u in [−1, 1). A world adds strength · u(h, salt,
// k), so that strength 0 is the factual world bit for bit and a small one diverges sometimes.
// StubEvaluator keeps streams of such states. Whatever an engine must not do (evaluator.h) makes it
// throw std::logic_error: it is not an otherwise::Error, so no test takes it for one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "otherwise/base/error.h"
#include "otherwise/model/evaluator.h"

namespace otherwise::test {

inline constexpr int kStubVocabulary = 97;
inline constexpr Token kStubEnd = 5;  // end-of-generation tokens
inline constexpr Token kOtherStubEnd = 60;

inline std::uint64_t mix(std::uint64_t value) {  // the finalizer of splitmix64
    value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31U);
}

/// What the tokens of a stream leave behind.
struct StubState {
    std::uint64_t tokens = 1;  ///< hash of the tokens
    std::uint64_t scopes = 1;  ///< hash of the tokens and their scopes
    bool operator==(const StubState&) const = default;
};

struct StubModel {
    float spread = 3.0F;
    float end_logit = 1.5F;  ///< of both end tokens: together about 3 % of the mass
    std::uint64_t salt = 0;
    float strength = 0.0F;    ///< how far, in nats, this world's logits are from the factual ones
    bool sees_scope = false;  ///< the perturbation depends on which rows were in scope `written`
    int tile_rows = 0;  ///< for strings alone: rows of a block that go through the other kernel

    /// A row that another kernel reads leaves something else behind.
    [[nodiscard]] static StubState next(StubState state, Token token, bool written,
                                        bool tiled = false) {
        constexpr std::uint64_t kTiled = std::uint64_t{1} << 40U;
        const auto id = static_cast<std::uint64_t>(token) + (tiled ? kTiled : 0);
        return {.tokens = mix(state.tokens * 31 + id),
                .scopes = mix(state.scopes * 37 + 2 * id + (written ? 1 : 0))};
    }

    void logits(const StubState& state, std::span<float> out) const {
        const std::uint64_t other = mix((sees_scope ? state.scopes : state.tokens) ^ mix(salt));
        for (std::size_t k = 0; k < out.size(); ++k) {
            const bool end = k == std::size_t{kStubEnd} || k == std::size_t{kOtherStubEnd};
            out[k] = end ? end_logit : spread * unit(state.tokens, k);
            if (strength != 0.0F) {
                out[k] += strength * unit(other, k);
            }
        }
    }

private:
    /// In [−1, 1), 24 bits.
    [[nodiscard]] static float unit(std::uint64_t state, std::size_t k) {
        constexpr float kScale = 1.0F / (1U << 23U);
        const std::uint64_t bits = mix(state + (k + 1) * 0x9E3779B97F4A7C15ULL) >> 40U;
        return static_cast<float>(bits) * kScale - 1.0F;
    }
};

/// The stub's end tokens as Rules::ends wants them.
inline std::vector<bool> stub_ends() {
    std::vector<bool> ends(kStubVocabulary);
    ends[kStubEnd] = ends[kOtherStubEnd] = true;
    return ends;
}

inline Shape stub_shape(int n_streams, int min_rows = 2) {
    return {.n_vocab = kStubVocabulary,
            .n_streams = n_streams,
            .stream_length = 256,
            .max_rows = 512,
            .min_rows = min_rows,
            .min_wanted = min_rows};
}

class StubEvaluator final : public Evaluator {
public:
    explicit StubEvaluator(Shape shape, StubModel model = {})
        : shape_(shape), model_(model), streams_(static_cast<std::size_t>(shape.n_streams)) {}

    /// Added to every logit of row `row` of a call: makes the stub depend on its batches.
    std::function<float(const Call& call, int row)> disturbance;
    long fail_at_call = -1;  ///< the decode with this number (from 0) throws Error

    [[nodiscard]] Shape shape() const override { return shape_; }

    void decode(const Call& call) override {
        if (calls_ == fail_at_call) {
            fail({.where = "StubEvaluator",
                  .expected = "a working backend",
                  .came = "a broken one"});
        }
        check(call);
        ++calls_;
        rows_ += call.size();
        logits_.assign(index(call.size()), {});
        for (int s = 0; s < call.n_streams; ++s) {
            auto& stream = streams_[index(call.first_stream + s)];
            for (int r = 0; r < call.n_rows; ++r) {
                const int row = s * call.n_rows + r;
                const StubState before = stream.empty() ? StubState{} : stream.back();
                stream.push_back(StubModel::next(before, call.tokens[index(row)],
                                                 call.written[index(row)] != 0, is_tiled(call)));
                if (call.wanted[index(row)] != 0) {
                    keep_logits(call, row, stream.back());
                }
            }
        }
    }

    [[nodiscard]] std::span<const float> logits(int row) const override {
        require(row >= 0 && index(row) < logits_.size(), "logits of a row outside the call");
        require(!logits_[index(row)].empty(), "logits of a row that wanted none");
        return logits_[index(row)];
    }

    void copy(int from, int to) override {
        require(valid(from) && valid(to) && from != to, "copy between wrong streams");
        streams_[index(to)] = streams_[index(from)];
        ++copies_;
    }

    void trim(int stream, int length) override {
        require(valid(stream) && length >= 0, "trim of a wrong stream or length");
        require(shape_.can_trim || length == 0, "trim where nothing can be trimmed");
        auto& cells = streams_[index(stream)];
        cells.resize(std::min(cells.size(), index(length)));
    }

    [[nodiscard]] double seconds() const override { return 0.0; }

    /// Puts tokens in scope `prompt` into an empty stream, without a call.
    void fill(int stream, const std::vector<Token>& tokens) {
        auto& cells = streams_.at(index(stream));
        require(cells.empty(), "a stream that holds something is filled");
        for (const Token token : tokens) {
            cells.push_back(
                StubModel::next(cells.empty() ? StubState{} : cells.back(), token, false));
        }
    }

    [[nodiscard]] long rows() const { return rows_; }
    [[nodiscard]] long calls() const { return calls_; }
    [[nodiscard]] long copies() const { return copies_; }
    [[nodiscard]] int length(int stream) const {
        return static_cast<int>(streams_.at(index(stream)).size());
    }

private:
    static std::size_t index(int i) { return static_cast<std::size_t>(i); }

    static void require(bool holds, const std::string& what) {
        if (!holds) {
            throw std::logic_error("StubEvaluator: " + what);
        }
    }

    [[nodiscard]] bool is_tiled(const Call& call) const {
        return shape_.tile_rows > 0 && call.n_rows >= shape_.tile_rows;
    }

    [[nodiscard]] bool valid(int stream) const { return stream >= 0 && stream < shape_.n_streams; }

    void check(const Call& call) const {
        const auto size = index(call.size());
        require(call.n_streams > 0 && call.n_rows > 0, "an empty call");
        require(valid(call.first_stream) && valid(call.first_stream + call.n_streams - 1),
                "streams out of range");
        require(call.tokens.size() == size && call.wanted.size() == size &&
                    call.written.size() == size && call.positions.size() == index(call.n_streams),
                "arrays of the wrong size");
        require(call.size() <= shape_.max_rows, "too many rows: " + std::to_string(call.size()));
        require(call.n_rows <= shape_.max_stream_rows || is_tiled(call),
                "too many rows of one stream");
        require(call.size() >= shape_.min_rows, "too few rows: " + std::to_string(call.size()));
        const auto wanted = std::ranges::count(call.wanted, std::uint8_t{1});
        require(wanted == 0 || wanted >= shape_.min_wanted,
                "too few wanted rows: " + std::to_string(wanted));
        const auto written = std::ranges::count(call.written, std::uint8_t{1});
        require(!shape_.scoped_calls || written == 0 || index(static_cast<int>(written)) == size,
                "two scopes in one call");
        require(
            std::ranges::all_of(call.tokens, [&](Token t) { return t >= 0 && t < shape_.n_vocab; }),
            "a token outside the vocabulary");
        for (int s = 0; s < call.n_streams; ++s) {
            const int position = call.positions[index(s)];
            const int held = length(call.first_stream + s);
            require(position == held, "stream " + std::to_string(call.first_stream + s) + " at " +
                                          std::to_string(held) + " continued at " +
                                          std::to_string(position));
            require(position + call.n_rows <= shape_.stream_length, "a stream overflows");
        }
    }

    void keep_logits(const Call& call, int row, const StubState& state) {
        auto& out = logits_[index(row)];
        out.resize(index(shape_.n_vocab));
        model_.logits(state, out);
        if (disturbance) {
            const float shift = disturbance(call, row);
            for (float& logit : out) {
                logit += shift;
            }
        }
    }

    Shape shape_;
    StubModel model_;
    std::vector<std::vector<StubState>> streams_;  // [n_streams][cells]: the state after each cell
    std::vector<std::vector<float>> logits_;  // [rows of the last call], empty where not wanted
    long rows_ = 0;
    long calls_ = 0;
    long copies_ = 0;
};

}  // namespace otherwise::test
