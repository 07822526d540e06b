// What `run` shows of its pairs as they come, and of what they came to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "otherwise/api/run.h"
#include "otherwise/console/strings.h"

namespace otherwise::cli {

/// Shows pairs and writes them as JSON lines.
class Reporter {
public:
    /// Borrows all of them.
    Reporter(const OpenedStudy& opened, const RunArguments& arguments, Progress& progress);

    /// A pair in its order.
    void take(const Pair& pair);
    /// Shows what waits to be shown.
    void flush();

    /// Prints legend and tables.
    void table(const RunResult& result);

private:
    [[nodiscard]] console::TextOf text() const;
    void show(const Pair& pair);

    const OpenedStudy& opened_;
    const RunArguments& arguments_;
    Progress& progress_;
    console::Style style_;
    std::unique_ptr<Output> table_out_;
    std::unique_ptr<Output> jsonl_;
    bool show_;
    std::optional<console::PairView> view_;
    int shown_string_ = -1;
    int shown_sample_ = -1;
    int shown_ = 0;
};

/// A line for each world, the floors last, and what of each change is more than rounding.
[[nodiscard]] std::string totals_text(const RunResult& result, const console::Style& style);

/// The lines on stderr after a run: what was left out, and what to doubt.
void print_warnings(const RunResult& result);

}  // namespace otherwise::cli
