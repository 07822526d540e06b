// The states of texts at some nodes of the model's graph, one pass over each text.
//
// Texts are read side by side, in the calls of fit/states/text_calls.h, so the states are the bits
// that a run computes whose prompts they are. The order in which states are handed on depends on
// the texts alone, not on threads. Memory: the caches of one group, see states_bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otherwise/base/token.h"
#include "otherwise/fit/states/text_calls.h"
#include "otherwise/model/model.h"
#include "otherwise/model/tap.h"

namespace otherwise {

/// States of consecutive tokens of one text at one node.
struct TextStates {
    std::size_t text = 0;           ///< index in the texts given
    std::size_t node = 0;           ///< index in the nodes given
    int first = 0;                  ///< position of the first row in the text
    int width = 0;                  ///< values of one row
    std::span<const float> values;  ///< [n_rows * width], valid during the call
};

struct ReadStatesOptions {
    std::vector<std::string> nodes;  ///< "l_out-12", …; none twice
    int threads = 1;
    int least_rows = kUsualLeastRows;  ///< of every call: the model's remedy
    /// Ask for the logits of every row, which the last block's nodes past its attention need.
    bool last_block = false;
    std::vector<Hook> edits{};  ///< change states before they are read
    std::function<void(const TextStates&)> on_states;
    std::function<void(long done, long total)> on_progress{};  ///< tokens
    std::function<bool()> cancelled{};
    std::function<std::string(std::size_t)> name_of{};  ///< a text, for errors; else its number
};

/// Evaluates every text, none empty, and hands on its states: of each text and node all rows, in
/// the order of positions. Returns false when it was cancelled. Throws Error for a node that the
/// model's graph does not have and for a NaN or infinite state, and what on_states throws.
bool read_states(const std::shared_ptr<const Model>& model, std::span<const Tokens> texts,
                 const ReadStatesOptions& options);

/// Bytes of the caches that read_states holds for texts of at most `longest` tokens, from above.
[[nodiscard]] std::size_t states_bytes(const Model& model, int longest,
                                       int least_rows = kUsualLeastRows);

/// Whether the rows of `node` ("l_out", without its layer) in the last block are only those whose
/// logits are wanted.
[[nodiscard]] bool needs_logits_in_last_block(const std::string& node);

}  // namespace otherwise
