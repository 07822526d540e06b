// Pairs from two files, each with one text for a question: the logs of two runs of one evaluation,
// or the texts of two models.
//
// A text is found in
//   a sample of lm-eval's --log_samples   resps.0.0 (repeats: resps.0.1, …), the prompt in
//   arguments a JSON log of Inspect                 of each of its samples output.completion, or
//   what the
//                                         model's message says; epochs are samples
//   other objects                         text, completion or output, after prompt or instruction
// or at a path that is given (in an Inspect log, of each sample).
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "otherwise/measure/pairs.h"

namespace otherwise {

/// One text for a question.
struct Answer {
    std::string string;  ///< the question's id: doc_id, id, else the record's number
    std::int64_t sample = 0;
    std::optional<std::string> prompt;
    PairText text;
    int line = 0;
};

/// Calls `take` for each text. `field` is its path, "" the known names. Throws Error that names
/// the line: no text there, a log without texts (of likelihoods), records of another kind; no text
/// at all.
void read_answers(std::istream& in, const std::string& source, const std::string& field,
                  const std::function<void(Answer&&)>& take);

/// How the texts of two files met.
struct Matches {
    long pairs = 0;
    long only_factual = 0;  ///< texts without a partner, which are left out
    long only_counterfactual = 0;
};

/// Calls `take` for each pair: a text of the first file and that of the second with the same id and
/// sample, in the first one's order. A repeat of an id and sample with the same prompt and
/// text is passed over. Memory: the texts of both. Throws Error besides where an id and sample
/// repeat with another text, where two prompts are there and differ, and where nothing meets.
[[nodiscard]] Matches match_answers(std::istream& factual, const std::string& factual_source,
                                    std::istream& counterfactual,
                                    const std::string& counterfactual_source,
                                    const PairFields& fields,
                                    const std::function<void(ReadPair&&)>& take);

}  // namespace otherwise
