// What evaluates rows for one world: llama.cpp (model/context.h) or a stub in the tests.
//
// An evaluator owns `n_streams` streams of `stream_length` cells, each with its own keys and
// values. A call is a rectangle, the only shape that llama.cpp's CPU backend evaluates fast and bit
// for bit the same however the rows are grouped: n_rows rows for each of n_streams adjacent
// streams, stream by stream. Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "otherwise/base/token.h"

namespace otherwise {

/// One rectangle of rows; row r of stream s of the call has index s * n_rows + r.
struct Call {
    int first_stream = 0;
    int n_streams = 0;
    int n_rows = 0;
    std::vector<Token> tokens{};            ///< [n_streams * n_rows]
    std::vector<std::int32_t> positions{};  ///< [n_streams] position of each stream's first row
    std::vector<std::uint8_t> wanted{};     ///< [n_streams * n_rows] 1 where logits are wanted
    std::vector<std::uint8_t> written{};    ///< [n_streams * n_rows] 1 for rows in scope `written`

    [[nodiscard]] int size() const { return n_streams * n_rows; }
};

/// Of strings whose prompts have no states of their own.
inline constexpr int kNoOwnRows = std::numeric_limits<int>::max();

/// Rows of one stream from which on a call goes to llama.cpp's tiled attention (GGML_FA_TILE_Q).
inline constexpr int kTileRows = 64;
/// And the most that a call of its other kernel has.
inline constexpr int kPlainRows = kTileRows - 1;
/// Rows that a call has at least, so that all of most weights' rows take the same kernels: the
/// first remedy (model/invariance.h).
inline constexpr int kUsualLeastRows = 2;

/// The limits an engine must keep to.
struct Shape {
    int n_vocab = 0;
    int n_streams = 0;                 ///< streams that calls may name, companions included
    int stream_length = 0;             ///< cells of each stream
    int max_rows = 0;                  ///< rows of one call, all streams together
    int max_stream_rows = kPlainRows;  ///< rows of one stream in one call,
    int tile_rows = 0;  ///< or at least so many, for that kernel; 0 where it is not to be used
    int min_rows = kUsualLeastRows;  ///< rows that every call must have
    int min_wanted = 1;              ///< rows with logits that every call which wants any must have
    bool can_trim = true;            ///< false for recurrent and hybrid models
    bool scoped_calls = false;       ///< rows of one call must all be `written` or all not
    /// Calls are cut into pieces of one shape (model/fixed_calls.h), of several rows of each
    /// stream.
    bool one_shape = false;
};

class Evaluator {
public:
    Evaluator() = default;
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;
    virtual ~Evaluator() = default;

    [[nodiscard]] virtual Shape shape() const = 0;
    /// Evaluates the rows and keeps them in their streams. Throws Error when the backend fails.
    virtual void decode(const Call& call) = 0;
    /// Logits [n_vocab] of a wanted row of the last call; valid until the next one.
    [[nodiscard]] virtual std::span<const float> logits(int row) const = 0;
    /// Makes stream `to` equal to stream `from`.
    virtual void copy(int from, int to) = 0;
    /// Forgets every cell of the stream at `length` and beyond; 0 clears it.
    virtual void trim(int stream, int length) = 0;
    /// Says which prompt an empty or just copied stream goes on with, for hooks that act on single
    /// strings: the very object, since parts of a run number their strings anew. Goes along with
    /// copies; clearing the stream forgets it.
    virtual void begin(int /*stream*/, const Tokens& /*prompt*/) {}
    /// The first row of a prompt whose state is its string's own: from there on it shares no rows
    /// with others of equal tokens.
    [[nodiscard]] virtual int own_from(const Tokens& /*prompt*/) const { return kNoOwnRows; }
    /// Seconds spent inside the backend so far.
    [[nodiscard]] virtual double seconds() const = 0;
    /// Of these, seconds spent in hooks on states.
    [[nodiscard]] virtual double hook_seconds() const { return 0.0; }

    /// Tokens whose rows the last stream holds, for all who share them (generate/shared_head.h).
    [[nodiscard]] Tokens& kept() { return kept_; }

private:
    Tokens kept_;
};

/// Seconds inside the backend, and of these in hooks on states.
struct BackendTime {
    double all = 0.0;
    double hooks = 0.0;

    [[nodiscard]] double model() const { return all - hooks; }
    /// Seconds in hooks over the model's own; 0 without either.
    [[nodiscard]] double hooks_share() const { return model() > 0.0 ? hooks / model() : 0.0; }
    BackendTime& operator+=(const BackendTime& other) {
        all += other.all;
        hooks += other.hooks;
        return *this;
    }
    friend BackendTime operator-(const BackendTime& a, const BackendTime& b) {
        return {.all = a.all - b.all, .hooks = a.hooks - b.hooks};
    }
};

/// What these evaluators have spent so far; one that is named twice counts once.
[[nodiscard]] inline BackendTime time_spent(const std::set<const Evaluator*>& evaluators) {
    BackendTime time;
    for (const auto* evaluator : evaluators) {
        time += {.all = evaluator->seconds(), .hooks = evaluator->hook_seconds()};
    }
    return time;
}

}  // namespace otherwise
