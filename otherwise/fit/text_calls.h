// Which calls read a set of texts: groups of texts of nearly equal length, side by side in streams
// of one context.
//
// A text is read as a run reads a prompt (model/blocks.h): where its rows but the last are 64 or
// more, they go through llama.cpp's tiled attention, in calls of up to 512 rows; its last row, and
// all rows of shorter texts, go through the other kernel, 16 texts at a time. Short texts are
// padded at their end with their last token, which a causal model does not see. So each row has the
// bits that a run of the same model computes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// One call over the texts of a group: rows [first[s], first[s] + rows) of text s, of which those
/// from end[s] on are padding.
struct TextPiece {
    int rows = 0;
    std::vector<int> first;
    std::vector<int> end;
    bool trims = false;  ///< what the streams hold from `first` on is to be forgotten
};

/// Texts side by side, text s in stream s.
struct TextGroup {
    std::vector<std::size_t> texts;  ///< the longest first
    std::vector<TextPiece> pieces;
};

/// Groups that one context can read.
struct TextBatch {
    std::vector<TextGroup> groups;
    ContextOptions shape;  ///< without threads, adapters and hooks
};

/// The calls for texts of these many tokens, none 0, the longest first; one context at a time.
[[nodiscard]] std::vector<TextBatch> text_calls(std::span<const int> lengths, const Model& model);

/// A piece as a call. `texts[s]` are the tokens of stream s; all logits are wanted, or none.
[[nodiscard]] Call call_of(const TextPiece& piece, std::span<const std::span<const Token>> texts,
                           bool logits);

/// Forgets what a piece does not continue.
void make_ready(Context& context, const TextPiece& piece);

/// Bytes of the largest context for texts of at most `longest` tokens, from above.
[[nodiscard]] std::size_t text_calls_bytes(const Model& model, int longest);

}  // namespace otherwise
