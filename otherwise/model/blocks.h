// Which rows of a string are read in calls of many rows of it: the rule of the two kernels.
//
// llama.cpp's attention on the processor has two kernels whose bits differ: one for calls of fewer
// than 64 rows of a stream, and a tiled one, ten times as fast on long prompts. Each gives a row
// the same bits in whatever company and however its rows are cut into calls, as long as they stay
// with it (model/probe.h). So which one reads a row depends on the string and the row alone:
//
//   head   the rows of a prompt but its last; the tiled kernel where there are 64 or more of them
//   text   the last row of a prompt, and those of the written tokens: the other kernel, but for
//          observed texts of 64 or more tokens. Their rows go through the tiled kernel wherever
//          they are read as they are: in laws, in the factual world, and in any other up to and
//          with the row that decides its first token which is not the text's
//
// A world's own prompt has its own head. Where an evaluator has no such kernel, or it is not
// invariant (Shape::tile_rows is 0), all rows go through the other.
#pragma once

#include <algorithm>

#include "otherwise/model/evaluator.h"

namespace otherwise {

/// Rows of the head of a prompt of `prompt` tokens that go through the tiled kernel: all or none.
[[nodiscard]] constexpr int tiled_head(int prompt, const Shape& shape) {
    return shape.tile_rows > 0 && prompt - 1 >= shape.tile_rows ? prompt - 1 : 0;
}

/// Whether the rows of an observed text of `tokens` tokens go through it, where texts may.
[[nodiscard]] constexpr bool tiled_text(int tokens, const Shape& shape) {
    return shape.tile_rows > 0 && tokens >= shape.tile_rows;
}

/// Rows of the next call of a block of which `left` rows are to be read: at most `most`, and for
/// the tiled kernel never so many that fewer than its least are left. Then `most` is that least or
/// more, and what cannot be cut is read in one call: up to twice the least less one.
[[nodiscard]] constexpr int next_rows(int left, int most, bool tiled, const Shape& shape) {
    if (left <= most || (tiled && left < 2 * shape.tile_rows)) {
        return left;
    }
    return tiled ? std::min(most, left - shape.tile_rows) : most;
}

}  // namespace otherwise
