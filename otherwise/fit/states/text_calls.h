// Which calls read a set of texts: groups of texts of nearly equal length, side by side in streams
// of one context.
//
// A text, a prompt and what may follow it, is read as a run reads it (model/blocks.h): where the
// prompt's rows but the last are 64 or more, they go through llama.cpp's tiled attention, in calls
// of up to 512 rows; the rest, and all rows of shorter ones, through the other kernel, 16 texts at
// a time. Short texts are padded at their end with their last token, which a causal model does not
// see; a call of fewer rows than the model's remedy asks for (model/invariance.h) has companion
// streams. So each row has the bits that a run of the same model computes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/model/context.h"
#include "otherwise/model/model.h"

namespace otherwise {

/// What is to be read: so many tokens, of which the first are a prompt (1 to all of them).
struct TextRows {
    int tokens = 0;
    int prompt = 0;
};

/// One call over the texts of a group: rows [first[s], first[s] + rows) of text s, of which those
/// from end[s] on are padding.
struct TextPiece {
    int rows = 0;
    std::vector<int> first;
    std::vector<int> end;
    bool trims = false;  ///< what the streams hold from `first` on is to be forgotten
    int companions = 0;  ///< streams of padding after those of the texts
};

/// Texts side by side, text s in stream s.
struct TextGroup {
    std::vector<std::size_t> texts;
    std::vector<TextPiece> pieces;
};

/// Groups that one context can read.
struct TextBatch {
    std::vector<TextGroup> groups;
    ContextOptions shape;  ///< without threads, adapters and hooks
};

/// The calls for these texts, long prompts first; one context at a time. Every call has at least
/// `least_rows` rows (from kUsualLeastRows).
[[nodiscard]] std::vector<TextBatch> text_calls(std::span<const TextRows> texts, const Model& model,
                                                int least_rows = kUsualLeastRows);

/// A piece as a call. `texts[s]` are the tokens of stream s; all logits are wanted, or none.
[[nodiscard]] Call call_of(const TextPiece& piece, std::span<const std::span<const Token>> texts,
                           bool logits);

/// Forgets what a piece does not continue.
void make_ready(Context& context, const TextPiece& piece);

/// Bytes of the largest context for texts of at most `longest` tokens, from above.
[[nodiscard]] std::size_t text_calls_bytes(const Model& model, int longest,
                                           int least_rows = kUsualLeastRows);

}  // namespace otherwise
