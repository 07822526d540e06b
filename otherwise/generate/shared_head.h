// The start that prompts next to each other share (a few-shot head, a system prompt), read once and
// copied.
//
// One stream more than those in use keeps the rows of such a start; what it holds belongs to the
// evaluator, so that all who use it know. Since the tiled kernel gives a row the same bits however
// a head is cut (blocks.h), a prompt takes over as much of it as leaves its own head none or enough
// rows to read, and nothing in a result depends on whether it did. Costs a copy of a stream for
// each prompt.
#pragma once

#include "otherwise/generate/writer_counts.h"
#include "otherwise/model/blocks.h"
#include "otherwise/model/evaluator.h"

namespace otherwise {

class SharedHead {
public:
    /// Keeps in the evaluator's last stream, where it has one beyond the first `streams`, can trim
    /// and has a tiled kernel; else it shares nothing.
    SharedHead(Evaluator& evaluator, int streams);

    /// Rows of the prompt's head that can be taken over now; 0 without. `own` is where the string's
    /// own rows begin (Evaluator::own_from), which are not shared.
    [[nodiscard]] int usable(const Tokens& prompt, int own = kNoOwnRows) const;
    /// Puts `rows` of what is kept into a stream, at most as many as are usable.
    void give(int rows, int stream);
    /// Reads what the heads of two prompts have in common, where that is longer than what the first
    /// can take over already. What was kept before may go. `own`: of the one where they begin
    /// first.
    void learn(const Tokens& prompt, const Tokens& next, WriterCounts& counts,
               int own = kNoOwnRows);

private:
    [[nodiscard]] int part_of(int common, const Tokens& prompt) const;
    void read(const Tokens& prompt, int length, WriterCounts& counts);

    Evaluator& evaluator_;
    Shape shape_;
    int stream_;  // −1 where nothing is shared
};

}  // namespace otherwise
