// Strings to read in several worlds, and the rows that their worlds read together.
//
// A world's prompt may be longer than the others'. What it has more than the shortest is its head;
// the rest, `shared` rows, and the written tokens but the last are the tail: the same number of
// rows in every world, read in pieces (calls). Rows of the tail count from 0; row shared − 1
// decides the first written token. Pure functions.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/generate/rectangles.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

/// A string to read.
struct Passage {
    std::vector<std::shared_ptr<const Tokens>> prompts{};  ///< [worlds], none empty
    std::shared_ptr<const Tokens> written;                 ///< not empty
    std::vector<bool> skipped{};  ///< [worlds] those apart that do not read it; empty = none
    bool tiled_text = false;      ///< the text's rows may go through the tiled kernel (blocks.h)
};

/// How a passage is read.
struct PassageReading {
    const Passage* passage;
    int index;
    int shared;  ///< rows of every prompt that are read together
    bool tiled;  ///< the rows that are read together go through the tiled kernel
};

/// Heads that some world reads by the tiled kernel are read beforehand, as is each head where the
/// text goes through it: the rows read together are then those of the text alone. `index` is the
/// passage's.
[[nodiscard]] PassageReading reading_of(const Passage& passage, int index, const Shape& shape);

/// Rows of the tail.
[[nodiscard]] int tail_length(const PassageReading& reading);

/// The rows [first, end) of a reading's tail in this call of it; none where it has no such call.
[[nodiscard]] std::pair<int, int> rows_of(const PassageReading& reading, int piece,
                                          const Shape& shape);

/// The same rows as a world reads them in a stream of its own.
[[nodiscard]] Feed tail_feed(const PassageReading& reading, std::size_t world, int stream,
                             int piece, const Shape& shape);

}  // namespace otherwise
