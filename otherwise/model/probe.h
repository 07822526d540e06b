// Does a world evaluate a row the same whatever rows are evaluated with it?
//
// The same tokens go through calls of every kind of shape that the evaluator allows (its least rows
// as one row of many streams or many rows of one; 1, 2, 4, 7 and 63 rows; few and all logits; at a
// short context and, where the run gets there, past 300 tokens), and their logits are compared bit
// for bit. Cost: about 300 rows, twice that and 300 more for long contexts; all of it twice where
// adapters act on the prompt or on the written rows alone. Where all calls are cut into one shape
// (model/fixed_calls.h), also in other streams, with all of them in use, beside a text that is much
// longer, and at up to 1,000 cells.
#pragma once

#include <algorithm>
#include <string>

#include "otherwise/model/evaluator.h"
#include "otherwise/model/fixed_calls.h"

namespace otherwise {

struct Probe {
    bool invariant = true;
    double worst = 0.0;  ///< largest difference of a logit between two shapes, nats
    std::string shape;   ///< the first shape that differed, in words
};

/// Streams that an evaluator needs to be probed when every call has at least `least_rows` rows.
[[nodiscard]] constexpr int probe_streams(int least_rows) {
    return (least_rows < kUsualLeastRows ? kUsualLeastRows : least_rows) + 1;
}

/// The same where calls may have one shape: all streams of a window but its ballast.
[[nodiscard]] inline int probe_streams(int least_rows, const FixedCalls& fixed) {
    return std::max(probe_streams(least_rows), fixed.streams - 1);
}

/// Probes an evaluator with probe_streams streams. Leaves its streams empty.
[[nodiscard]] Probe probe_invariance(Evaluator& evaluator);

/// Does the tiled kernel (Shape::tile_rows) give a row the same bits however the rows of its stream
/// are cut into calls of at least so many, and beside another stream? A head of `length` rows is
/// read in four ways; the logits of its last rows, and of rows of the other kernel after it, are
/// compared. Cost: five times the head. As above for streams and scopes; a call has 254 rows at
/// most.
[[nodiscard]] Probe probe_tiles(Evaluator& evaluator, int length);

}  // namespace otherwise
