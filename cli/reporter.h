// What `run` makes of its pairs: shows them, writes them as JSON lines, sums them up in tables.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/measures.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/rounding_show.h"
#include "cli/run_options.h"
#include "cli/show.h"
#include "otherwise/generate/jsonl.h"
#include "otherwise/measure/pair_measures.h"
#include "otherwise/measure/summary.h"

namespace otherwise::cli {

class Reporter {
public:
    /// Borrows all of them.
    Reporter(const Session& session, const RunArguments& arguments,
             const std::vector<Target>& targets, Progress& progress);

    /// A pair in its order: shown, written and counted.
    void take(const Pair& pair);
    /// A pair of an earlier part of the run: only counted, and measured if asked.
    void count(const Pair& pair, bool measured = true);
    /// False where some pairs were counted without measuring them.
    [[nodiscard]] bool measured_all() const { return measured_all_; }
    /// Shows what waits to be shown.
    void flush();

    /// A line for each world, its fresh noise after it, the floors last.
    [[nodiscard]] std::vector<TableRow> rows() const;
    /// The measures of each world but the floors, fresh noise after each; in order. None unless
    /// all pairs were measured.
    [[nodiscard]] std::vector<WorldMeasures> measures() const;
    /// Each world beside its nudge.
    [[nodiscard]] std::vector<RoundingRow> rounding() const {
        return rounding_rows(session_, changed_);
    }
    /// Prints legend and tables.
    void table();

private:
    [[nodiscard]] TextOf text() const;
    void measure(const Pair& pair, PairMeasures& measures) const;
    [[nodiscard]] PairContext context(const Pair& pair) const;
    void show(const Pair& pair);

    const Session& session_;
    const RunArguments& arguments_;
    Progress& progress_;
    std::vector<SummaryBuilder> summaries_;
    std::vector<SummaryBuilder> independent_;
    std::vector<PairMeasures> measures_;  ///< of each world
    std::vector<PairMeasures> fresh_measures_;
    std::vector<ChangedStrings> changed_;
    Style style_;
    std::unique_ptr<Output> table_out_;
    std::unique_ptr<Output> jsonl_;
    bool show_;
    std::optional<PairView> view_;
    int shown_string_ = -1;
    int shown_sample_ = -1;
    int shown_ = 0;
    bool measured_all_ = true;
};

/// The floor: says loudly when the null world is not the factual one.
void warn_of_floor(std::span<const TableRow> rows, std::span<const WorldProbe> probes);

}  // namespace otherwise::cli
