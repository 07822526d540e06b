// The report of a run file.
//
// Laws may be missing, as in a run that was stopped before; then the page shows what was sampled,
// and says how far the run is. The worlds are read and measured side by side (read_into.h); the
// report is the same bits whatever the threads. Cost: about 0.1 ms a pair of 50 tokens, over the
// threads; see ReportBuilder for memory.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "otherwise/page/report_data.h"
#include "otherwise/study/stored_run.h"

namespace otherwise {

struct RunReportOptions {
    std::string title;   ///< "" is the file's name
    int strings = 5000;  ///< shown at most; each sample counts
    /// Cosines of [2 * pairs] texts, factual and counterfactual in turn; unset: no cosines.
    /// Called from several threads, one at a time, as on_progress is.
    std::function<std::vector<double>(std::span<const std::string>)> cosines{};
    std::function<void(long done, long total)> on_progress{};  ///< pairs
    int threads = 0;                                           ///< 0: all processors
    std::optional<std::vector<Target>> targets{};              ///< in place of the run's
};

/// Throws Error: a run without results, a pattern or a table that cannot be read.
[[nodiscard]] ReportData report_of(const StoredRun& run, const RunReportOptions& options);

/// The factual world's numbers by kind of item: "temp" → 1.
using FactualDoses = std::map<std::string, double>;

/// Worlds whose items are the same but for one scale, as curves along it; with three doses or more.
/// A curve holds the factual world, at scale 0 or at its own number, where nothing else is changed.
[[nodiscard]] std::vector<DoseCurve> dose_curves(std::span<const ReportWorld> worlds,
                                                 const FactualDoses& factual = {});

}  // namespace otherwise
