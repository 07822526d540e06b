// Rows to evaluate, packed into the rectangular calls that an evaluator takes.
//
// Feeds that are adjacent in streams and (nearly) equal in rows share a call; a shorter one is
// padded with rows that are trimmed again afterwards. Everything that Shape demands holds for every
// call: rows of one stream, rows in all, least rows (companion streams), least wanted rows, one
// scope.
#pragma once

#include <span>
#include <vector>

#include "otherwise/model/evaluator.h"

namespace otherwise {

/// Rows for one stream: tokens[i] goes to position + i.
struct Feed {
    int stream = 0;
    int position = 0;      ///< cells the stream holds already
    Tokens tokens{};       ///< never empty
    int wanted_from = 0;   ///< logits are wanted from this row on; tokens.size() for none
    int written_from = 0;  ///< rows from this one on are in scope `written`
};

/// A call and the feeds in it: feeds [first, first + count) of the planned list.
struct Rectangle {
    Call call;
    int first = 0;
    int count = 0;
    int companions = 0;  ///< streams at the end of the call that are padding

    /// Index in the call of row `row` of feed number `feed` (0 = `first`).
    [[nodiscard]] int row_of(int feed, int row) const { return feed * call.n_rows + row; }
};

/// Packs the feeds, which must be sorted by stream; none may have more rows than max_stream_rows
/// and fewer than tile_rows. Those of the two kinds never share a call.
/// `free_stream` is a stream at or after which no stream holds anything; min_rows − 1 such streams
/// make up for any call that is too small.
[[nodiscard]] std::vector<Rectangle> pack(std::span<const Feed> feeds, const Shape& shape,
                                          int free_stream);

/// Evaluates a rectangle and clears its companions and its padding. Companions below `free_stream`
/// hold something: it is kept in free streams meanwhile (two copies of a stream each; rare).
void evaluate(Evaluator& evaluator, const Rectangle& rectangle, std::span<const Feed> feeds,
              int free_stream);

/// The same rows of another world: its own tokens and positions in a call of the same form.
[[nodiscard]] Rectangle in_world(Rectangle rectangle, std::span<const Feed> feeds);

}  // namespace otherwise
