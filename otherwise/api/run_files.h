// What is done with runs, finished or not: compared, checked, merged, exported. A run is a file or
// a folder of shards, with `force` also of shards of several machines.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "otherwise/study/check_run.h"
#include "otherwise/study/compare_runs.h"
#include "otherwise/study/export.h"
#include "otherwise/study/merge.h"
#include "otherwise/study/run_progress.h"

namespace otherwise {

/// compare_runs of two runs; differences are b − a.
[[nodiscard]] RunChange compare(const std::filesystem::path& a, const std::filesystem::path& b,
                                bool force = false);

/// {"strings", "factual_flipped", "strings_only_a", …, "settings": [{"a", "b"}], "worlds":
/// [{"world", "pairs", "flipped", "measures": {key: {"n", "a", "b", "difference"}}}]}. JSON here is
/// indented, without a newline at the end.
[[nodiscard]] std::string to_json(const RunChange& change);

/// check_run of a run.
[[nodiscard]] std::vector<Verdict> check(const std::filesystem::path& run, const Limits& limits,
                                         bool force = false);

/// Throws Error that names the first limit that is broken, and how many more.
void require_kept(const std::vector<Verdict>& verdicts);

/// [{"world", "what", "limit", "value": {"value", "low", "high", …}, "kept", "expected", "came"}]
[[nodiscard]] std::string to_json(const std::vector<Verdict>& verdicts);

/// {"strings", "done", "repeated"} of merge_runs.
[[nodiscard]] std::string to_json(const MergeOutcome& report);

enum class ExportForm { jsonl, csv, laws };

/// How far an exported run is.
struct ExportedRun {
    RunProgress progress;
    std::string missing;  ///< "; shards 3 and 17 are missing" of a folder, or ""
};

/// Hands all results to `write`, some whole lines at a time. Throws Error like open_run, and for a
/// run without results.
ExportedRun export_run(const std::filesystem::path& run, ExportForm form, const WriteLines& write,
                       bool force = false);

/// The same into a file that is whole or absent.
ExportedRun export_run(const std::filesystem::path& run, ExportForm form,
                       const std::filesystem::path& out, bool force = false);

}  // namespace otherwise
