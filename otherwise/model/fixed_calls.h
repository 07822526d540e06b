// Calls of one shape, for backends whose kernels and order of sums follow from it.
//
// On a GPU a row's bits depend on how many rows, streams and logits a call has, and on how many
// cells its fullest stream holds, since attention is split by these; not on the row's place, nor on
// what the others hold. So a call of any shape is cut into pieces of one shape, filled up with rows
// that are forgotten again: a window of `streams` adjacent streams, `rows` rows of each, whoever
// needs them. The last stream of every window is *ballast*: it is full from the start, so that the
// fullest stream always holds the same. A piece has the logits of all its rows, or of none.
//
// Streams are numbered without ballast outside of this file and the context: `streams` − 1 of each
// window can be used.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise {

struct FixedCalls {
    int streams = 0;              ///< of a window, ballast included; 0 = calls keep their shapes
    int rows = 0;                 ///< of each of these streams
    bool flash_attention = true;  ///< else worlds that leave it open do without

    [[nodiscard]] bool any() const { return streams > 0; }
    [[nodiscard]] int all_rows() const { return streams * rows; }
    /// Streams in whole windows, ballast included, of which `n` can be used.
    [[nodiscard]] int with_ballast(int n) const {
        return (n + streams - 2) / (streams - 1) * streams;
    }
    /// Where stream `n` is among all of them.
    [[nodiscard]] int place_of(int n) const {
        return any() ? n / (streams - 1) * streams + n % (streams - 1) : n;
    }

    bool operator==(const FixedCalls&) const = default;
};

/// "64 x 2" or "64 x 2, no flash attention": streams, rows; "" for none.
[[nodiscard]] std::string to_text(const FixedCalls& fixed);
/// Throws Error for what is no such text.
[[nodiscard]] FixedCalls parse_fixed_calls(const std::string& text);

/// A part of a call in the one shape, streams numbered with ballast.
struct FixedPiece {
    Call call;
    std::vector<int> rows;  ///< [call.size()] row of the whole call; −1 = padding
};

/// The pieces of a call, in an order in which every stream's rows follow each other. `cells` says
/// how many a stream, numbered with ballast, holds before the call.
[[nodiscard]] std::vector<FixedPiece> fixed_pieces(const Call& call, const FixedCalls& fixed,
                                                   const std::function<int(int place)>& cells);

}  // namespace otherwise
