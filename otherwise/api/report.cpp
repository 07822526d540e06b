#include "otherwise/api/report.h"

#include <memory>
#include <span>

#include "otherwise/base/error.h"
#include "otherwise/base/processors.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/embedder.h"
#include "otherwise/page/run_report.h"
#include "otherwise/study/run_folder.h"

namespace otherwise {
namespace {

std::unique_ptr<Embedder> embedder_of(const ReportSettings& settings, const Work& work) {
    if (settings.embedder.empty()) {
        return nullptr;
    }
    start_backend({.cpu_variant = work.cpu_variant});
    return Embedder::load(settings.embedder, {.gpu_layers = settings.gpu_layers,
                                              .repack = !settings.no_repack,
                                              .threads = thread_count(work.threads)});
}

}  // namespace

ReportData report(const std::string& run, const ReportSettings& settings, const Work& work,
                  const std::function<void(long done, long total)>& on_progress) {
    if (settings.e5 && settings.embedder.empty()) {
        misuse({.where = "report",
                .expected = setting("embedder", "FILE") + " with " + setting("e5"),
                .came = setting("e5") + " alone"});
    }
    const auto reader = open_run(run, settings.force);
    reader->require_results();
    const auto embedder = embedder_of(settings, work);
    RunReportOptions options{
        .title = settings.title, .strings = settings.strings, .on_progress = on_progress};
    if (auto targets = compile_targets(settings.targets, settings.off_targets); !targets.empty()) {
        options.targets = std::move(targets);
    }
    if (embedder) {
        options.cosines = [&](std::span<const std::string> texts) {
            return pair_cosines(*embedder, texts, settings.e5);
        };
    }
    return report_of(*reader, options);
}

}  // namespace otherwise
