// Reads a run file, finished or not, also while a run writes it.
//
// Results come in the order string, sample, world (fresh noise after its own), which is the order
// of `run --jsonl`. Cost: about 15 µs a pair and 30 µs a law of 25 tokens; only one is held at a
// time.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "otherwise/generate/jsonl.h"
#include "otherwise/generate/record.h"
#include "otherwise/measure/string_law.h"
#include "otherwise/study/database.h"
#include "otherwise/study/head_tables.h"
#include "otherwise/study/run_head.h"
#include "otherwise/study/run_progress.h"
#include "otherwise/study/run_writer.h"

namespace otherwise {

/// One process that worked on the run.
struct StoredSitting {
    std::string started;  ///< UTC
    Machine machine;
    Sitting totals;
    double store_seconds = 0.0;
};

/// Results to read: of all worlds or one, of the strings with numbers below `strings`.
struct RunPart {
    int world = -1;
    int strings = std::numeric_limits<int>::max();
};

/// Not thread safe, but for what its pieces say: another thread takes a reader of its own.
class RunReader {
public:
    /// Throws Error: no such file, not a run file, a newer schema, a locked file.
    explicit RunReader(const std::filesystem::path& path);
    /// The same run over a connection of its own, for another thread.
    [[nodiscard]] RunReader again() const { return {path(), head_, pieces_}; }

    [[nodiscard]] const std::filesystem::path& path() const { return database_.path(); }
    [[nodiscard]] const RunHead& head() const { return head_; }
    [[nodiscard]] RunProgress progress() const;
    /// Nothing waits, neither strings nor laws.
    [[nodiscard]] bool finished() const { return is_finished(database_, head_); }
    [[nodiscard]] std::vector<StoredSitting> sittings() const;
    /// Pairs there are; 0 in an empty run.
    [[nodiscard]] long pair_count() const;
    /// Tokens of the longest string written in a world.
    [[nodiscard]] int longest(int world) const;
    /// Throws Error where no string is done.
    void require_results() const;

    /// The number of the string of the `n`-th draw that has pairs, from 1 on; of the last one where
    /// there are fewer, −1 without any.
    [[nodiscard]] int string_of_draw(int n) const;

    void each_pair(const std::function<void(const Pair&)>& take, RunPart part = {}) const;
    /// Of each Comparison top_p and top_q only say whether they are the same token;
    /// probabilities have nine digits, stay all of them.
    void each_law(const std::function<void(const StringLaw&)>& take, RunPart part = {}) const;
    /// What the tokens of one string would have become: the positions whose stay is below 0.99,
    /// ascending. Empty where there is no law.
    [[nodiscard]] std::vector<Becomes> becomes(int string, int sample, int world) const;

    /// The factual strings without their worlds; of an observed string one a sample.
    void each_draw(const std::function<void(int string, int sample, bool observed,
                                            const std::shared_ptr<const Written>&)>& take) const;
    /// Draws whose laws are missing.
    [[nodiscard]] std::vector<std::pair<int, int>> draws_without_law() const;

    /// Texts as the model would give them, from the stored pieces. A token that no result has is
    /// "".
    [[nodiscard]] const Piece& piece(Token token) const;
    [[nodiscard]] std::string text(std::span<const Token> tokens, bool special = false) const;
    /// The text of a written string, without its end token.
    [[nodiscard]] std::string text(const Written& written) const;
    /// What to_jsonl needs for a pair of this file; borrows from the reader.
    [[nodiscard]] PairContext context(const Pair& pair) const;

private:
    using Pieces = std::shared_ptr<const std::vector<Piece>>;  ///< by token
    RunReader(const std::filesystem::path& path, RunHead head, Pieces pieces);

    Database database_;
    RunHead head_;
    Pieces pieces_;
};

}  // namespace otherwise
