#include "otherwise/api/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "otherwise/api/run_steps.h"
#include "otherwise/base/processors.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/model/atomic_file.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/system.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/same_study.h"

namespace otherwise {
namespace {

/// True where the files of the run are found by the names that it has for them.
bool same_places(const RunHead& stored, const RunHead& now, const std::string& run) {
    auto files = stored.files;
    for (auto& file : files) {
        file.path = found_name(file.path, run);
    }
    std::ranges::sort(files, {}, &StoredFile::path);
    return files == now.files;
}

PieceOf pieces_of(const Session& session) {
    return [&model = session.model()](Token token) {
        return Piece{.bytes = model.piece(token),
                     .special = model.piece(token, true),
                     .ends = model.ends(token)};
    };
}

/// The run file, made or, to go on with, checked against what was opened.
std::unique_ptr<RunWriter> open_writer(const OpenedStudy& opened, const RunFile& file) {
    const Session& session = opened.session();
    if (!file.resume) {  // before files are hashed
        require_space(file.path, least_run_bytes(session.estimate().pairs, opened.study().laws),
                      "name another folder, or take fewer strings, samples or worlds");
    }
    const auto machine = this_machine(session, thread_count(opened.work().threads));
    auto head = head_of(session, opened.study(), machine, file.shard);
    std::unique_ptr<RunWriter> writer;
    if (!file.resume) {
        writer = std::make_unique<RunWriter>(file.path, head, pieces_of(session));
    } else {
        writer = std::make_unique<RunWriter>(file.path, pieces_of(session));
        require_same(writer->head(), head, file.path, "a run", opened.work().force);
        Study study =
            with_files(parse_study(writer->head().study, file.path),
                       [&](const std::string& name) { return moved_name(name, file.moved); });
        study.model = head.model;
        head.study = to_toml(study);
        if (!same_places(writer->head(), head, file.path)) {
            writer->set_files(head);
        }
    }
    writer->begin(machine);
    return writer;
}

RunTotals totals_for(const OpenedStudy& opened) {
    const Study& study = opened.study();
    return {labels_of(opened.session()), compile_targets(study.targets, study.off_targets),
            study.independent, [&opened](const Pair& pair) { return opened.texts(pair); }};
}

/// What is to be said of the results, or makes them worthless.
void judge(const Session& session, const RunOutcome& report, RunResult& result) {
    result.warnings = floor_warnings(result);
    try {
        const auto more = session.verdict(report);
        result.warnings.insert(result.warnings.end(), more.begin(), more.end());
    } catch (const Error& error) {
        result.fault = {.fault = error.fault(), .complaint = error.complaint()};
        return;
    }
    require_some(report, result);
}

}  // namespace

RunResult run(OpenedStudy& opened, const RunCallbacks& callbacks, const RunFile& file) {
    Session& session = opened.session();
    RunResult result{.model = session.model().path().string(),
                     .smooth = !session.model().quantized(),
                     .fast = opened.study().fast,
                     .probes = session.probes()};
    RunTotals totals = totals_for(opened);
    const auto counted = counting(callbacks, totals);
    RunOutcome report;
    if (file.path.empty()) {
        report = session.run(counted);
        put_outcome(report, result);
    } else {
        const auto writer = open_writer(opened, file);
        report = run_into(session.scene(), file.path, *writer, counted, totals, result);
    }
    result.effort->cpu_variant = active_cpu_variant();
    result.effort->cpu_features = processor_features();
    result.effort->repacked = session.repacked();
    result.worlds = totals.totals();
    result.measured_all = totals.measured_all();
    judge(session, report, result);
    return result;
}

}  // namespace otherwise
