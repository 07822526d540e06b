// The factual laws of observed strings, by teacher forcing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "otherwise/generate/bundle.h"
#include "otherwise/generate/factual.h"
#include "otherwise/generate/shared_head.h"
#include "otherwise/generate/walk.h"
#include "otherwise/generate/writer.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

/// One observed string: its prompt and the tokens that were written after it.
struct Observation {
    int string = 0;
    std::string id;  ///< for errors
    std::shared_ptr<const Tokens> prompt;
    Tokens tokens;
};

/// The factual string, or why it is impossible.
struct ReadString {
    int string = 0;
    std::shared_ptr<FactualString> factual;
    int impossible_at = -1;  ///< written position of a token that the mechanism forbids; −1 if none
};

/// Evaluates prompt + tokens and keeps the law of every written position: n · n_vocab · 4 bytes a
/// string. As many strings at a time as there are streams; `head` is of this evaluator.
[[nodiscard]] std::vector<ReadString> read_laws(Evaluator& evaluator, const Rules& rules,
                                                const std::vector<Observation>& observations,
                                                int parallel, int threads, SharedHead& head,
                                                WriterCounts& counts);

}  // namespace otherwise
