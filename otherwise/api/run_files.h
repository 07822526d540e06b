// What is done with run files, finished or not: compared, checked, merged, exported.
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

/// compare_runs of two files; differences are b − a.
[[nodiscard]] RunChange compare(const std::filesystem::path& a, const std::filesystem::path& b);

/// {"strings", "factual_flipped", "strings_only_a", …, "settings": [{"a", "b"}], "worlds":
/// [{"world", "pairs", "flipped", "measures": {key: {"n", "a", "b", "difference"}}}]}. JSON here is
/// indented, without a newline at the end.
[[nodiscard]] std::string to_json(const RunChange& change);

/// check_run of a file.
[[nodiscard]] std::vector<Verdict> check(const std::filesystem::path& run, const Limits& limits);

/// Throws Error that names the first limit that is broken, and how many more.
void require_kept(const std::vector<Verdict>& verdicts);

/// [{"world", "what", "limit", "value": {"value", "low", "high", …}, "kept", "expected", "came"}]
[[nodiscard]] std::string to_json(const std::vector<Verdict>& verdicts);

/// {"strings", "done", "repeated"} of merge_runs.
[[nodiscard]] std::string to_json(const MergeOutcome& report);

enum class ExportForm { jsonl, csv, laws };

/// Hands all results to `write`, some whole lines at a time; how far the run is. Throws Error like
/// RunReader, and for a run without results.
RunProgress export_run(const std::filesystem::path& run, ExportForm form, const WriteLines& write);

/// The same into a file that is whole or absent.
RunProgress export_run(const std::filesystem::path& run, ExportForm form,
                       const std::filesystem::path& out);

}  // namespace otherwise
