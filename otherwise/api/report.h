// The report of a run file: what each world changed, as plain values, as one HTML page that needs
// nothing else, or as JSON.
//
//   ReportData data = report("run.db");
//   std::ofstream("run.html") << render_report(data);
//
// See page/report_data.h for the values, page/report_json.h for the JSON.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "otherwise/api/work.h"
#include "otherwise/page/report_data.h"
#include "otherwise/page/report_json.h"
#include "otherwise/page/report_page.h"

namespace otherwise {

struct ReportSettings {
    std::string title{};                 ///< "" = the file's name
    int strings = 5000;                  ///< shown at most; all of them count in the measures
    std::vector<std::string> targets{};  ///< patterns (measure/pattern.h) in place of the run's
    std::vector<std::string> off_targets{};
    std::string embedder{};  ///< a GGUF embedding model, for cosines; "" without
    bool e5 = false;         ///< "query: " before each text, as E5 models want
    int gpu_layers = -1;     ///< the embedder's
    bool no_repack = false;
    bool force = false;  ///< of a folder: shards of several machines
};

/// Of a run file or a folder of shards. Reads all of it, also of a run that goes on meanwhile. Of
/// `work` the threads and the kernels count, with an embedder. `on_progress` counts pairs; it is
/// called from several threads, one at a time. Throws Error: not a run file, a run without results,
/// an embedder that is none; misuse: a bad pattern, e5 without an embedder.
[[nodiscard]] ReportData report(const std::string& run, const ReportSettings& settings = {},
                                const Work& work = {},
                                const std::function<void(long done, long total)>& on_progress = {});

}  // namespace otherwise
