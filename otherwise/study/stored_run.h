// A run as it is stored, in one file (RunReader) or as a folder of shards (RunFolder): what
// reports, exports, comparisons and checks read.
//
// Results come in the order string, sample, world (fresh noise after its own), which is the order
// of `run --jsonl`; only some are held at a time. Not thread safe: another thread takes `again()`.
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
#include "otherwise/study/run_head.h"
#include "otherwise/study/run_progress.h"
#include "otherwise/study/run_rows.h"
#include "otherwise/study/run_writer.h"

namespace otherwise {

/// One process that worked on the run.
struct StoredSitting {
    std::string started;  ///< UTC
    Machine machine;
    Sitting totals;
    double store_seconds = 0.0;
};

/// Results to read: of all worlds or one, of the strings with numbers from `first` on and below
/// `strings`.
struct RunPart {
    int world = -1;
    int strings = std::numeric_limits<int>::max();
    int first = 0;
};

class StoredRun {
public:
    StoredRun() = default;
    virtual ~StoredRun() = default;
    StoredRun(const StoredRun&) = delete;
    StoredRun& operator=(const StoredRun&) = delete;

    /// The same run over connections of its own, for another thread.
    [[nodiscard]] virtual std::unique_ptr<StoredRun> again() const = 0;

    [[nodiscard]] virtual const std::filesystem::path& path() const = 0;
    [[nodiscard]] virtual const RunHead& head() const = 0;
    [[nodiscard]] virtual RunProgress progress() const = 0;
    /// Nothing waits, neither strings nor laws.
    [[nodiscard]] virtual bool finished() const = 0;
    [[nodiscard]] virtual std::vector<StoredSitting> sittings() const = 0;
    /// Shards that a folder of them lacks, from 1.
    [[nodiscard]] virtual std::vector<int> missing_shards() const { return {}; }
    /// Pairs there are; 0 in an empty run.
    [[nodiscard]] virtual long pair_count() const = 0;
    /// Throws Error where no string is done.
    void require_results() const;

    /// The number of the string of the `n`-th draw that has pairs, from 1 on; of the last one where
    /// there are fewer, −1 without any.
    [[nodiscard]] virtual int string_of_draw(int n) const = 0;

    virtual void each_pair(const std::function<void(const Pair&)>& take,
                           RunPart part = {}) const = 0;
    /// Of each Comparison top_p and top_q only say whether they are the same token;
    /// probabilities have nine digits, stay all of them.
    virtual void each_law(const std::function<void(const StringLaw&)>& take,
                          RunPart part = {}) const = 0;
    /// What the tokens of one string would have become: the positions whose stay is below 0.99,
    /// ascending. Empty where there is no law.
    [[nodiscard]] virtual std::vector<Becomes> becomes(int string, int sample, int world) const = 0;

    using TakeDraw = std::function<void(int string, int sample, bool observed,
                                        const std::shared_ptr<const Written>&)>;
    /// The factual strings without their worlds; of an observed string one a sample.
    virtual void each_draw(const TakeDraw& take) const = 0;

    /// What a token writes, as the model would give it; "" for one that no result has.
    [[nodiscard]] virtual const Piece& piece(Token token) const = 0;
    [[nodiscard]] std::string text(std::span<const Token> tokens, bool special = false) const;
    /// The text of a written string, without its end token.
    [[nodiscard]] std::string text(const Written& written) const;
    /// What to_jsonl needs for a pair of this run; borrows from it.
    [[nodiscard]] PairContext context(const Pair& pair) const;
};

/// "; shards 3 and 17 are missing", "" where none is.
[[nodiscard]] std::string missing_text(const StoredRun& run);

}  // namespace otherwise
