// Pairs of texts from records of any form that Records knows, whoever wrote them. Two forms of an
// object are known by their keys:
//
//   {"string", "sample", "world", "prompt", "factual": {"text", "tokens", "end"},
//    "counterfactual": {…}, "independent"}                            what `run --jsonl` writes
//   {"id", "original": {"text", "tokens"}, "counterfactual": {…}}     what the paper's authors
//                                       published; texts and tokens hold the prompt, ends unknown
//
// Other lines are read by fields: dotted paths such as `before.text` or `resps.0.0` that lead to a
// text, or to an object with "text" and perhaps "tokens" and "end". A path that ends in `.text`
// finds "tokens" and "end" beside it. Only the texts have to be there. A null counts as missing,
// other keys are ignored, unless they look like known ones.
//
// Throws Error with source and line: not UTF-8, not JSON, no object, a missing field or one of
// another type, tokens on one side only, prompts that are not the same; no pair at all.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "otherwise/base/token.h"

namespace otherwise {

/// Where things are in a line; "" is the known forms.
struct PairFields {
    std::string prompt;
    std::string factual{};
    std::string counterfactual{};
    bool texts_hold_prompt = false;  ///< the texts start with the line's prompt
};

struct PairText {
    std::string text;  ///< without the prompt, where it is known
    std::optional<Tokens> tokens{};
    std::optional<bool> ended{};
};

/// One line.
struct ReadPair {
    std::string string{};  ///< "string" or "id", else the line's number
    std::int64_t sample = 0;
    std::string world{};  ///< "" where none is named
    bool independent = false;
    std::string prompt{};  ///< "" where it is part of the texts
    /// Tokens of the prompt, 0 where the tokens hold it; none where that is not known.
    std::optional<int> prompt_tokens{};
    PairText factual{};
    PairText counterfactual{};
    int line = 0;
};

/// The start token (BOS) that was kept with one text of each pair, as in the pairs that the paper's
/// authors pickled; it puts all tokens of that side one place further, so that none would agree.
/// Such a token begins the same side of every pair whose tokens hold the prompt, and stands nowhere
/// else; without it some equal texts have equal tokens, and no unequal ones have.
[[nodiscard]] std::optional<Token> lone_start_token(std::span<const ReadPair> pairs);

/// Takes that token off the side that has it.
void drop_start_token(ReadPair& pair, Token token);

/// Calls `take` for each line until it returns false. Blank lines are skipped.
void read_pairs(std::istream& in, const std::string& source, const PairFields& fields,
                const std::function<bool(ReadPair&&)>& take);

}  // namespace otherwise
