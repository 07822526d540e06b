#include "otherwise/api/run.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "otherwise/base/processors.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/model/backends.h"
#include "otherwise/model/system.h"
#include "otherwise/study/conduct.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_reader.h"
#include "otherwise/study/same_study.h"

namespace otherwise {
namespace {

constexpr long kMeasuredAgain = 2000;  // pairs: half a second

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

/// Counts the pairs of strings that were done before; measures them too where they are few.
void add_earlier(const std::string& path, const std::vector<bool>& earlier, RunTotals& totals) {
    const RunReader run(path);
    const bool few = run.pair_count() <= kMeasuredAgain;
    run.each_pair([&](const Pair& pair) {
        if (!earlier[static_cast<std::size_t>(pair.string)]) {
            return;
        }
        if (few) {
            totals.add(pair);
        } else {
            totals.count(pair);
        }
    });
}

RunTotals totals_for(const OpenedStudy& opened) {
    const Study& study = opened.study();
    return {labels_of(opened.session()), compile_targets(study.targets, study.off_targets),
            study.independent, [&opened](const Pair& pair) { return opened.texts(pair); }};
}

/// With each pair counted before the caller's.
RunCallbacks counting(const RunCallbacks& callbacks, RunTotals& totals) {
    RunCallbacks both = callbacks;
    both.on_pair = [&totals, take = callbacks.on_pair](const Pair& pair) {
        totals.add(pair);
        if (take) {
            take(pair);
        }
    };
    return both;
}

void put_report(const RunOutcome& report, RunResult& result) {
    result.cancelled = report.cancelled;
    result.strings = report.strings;
    result.skipped = report.skipped;
    auto& effort = result.effort.emplace();
    effort.pairs = report.pairs;
    effort.seconds = report.seconds;
    effort.backend = report.backend;
    effort.factual = report.factual;
    effort.worlds = report.worlds;
    effort.cpu_variant = active_cpu_variant();
    effort.cpu_features = processor_features();
}

RunOutcome run_kept(const OpenedStudy& opened, Session& session, const RunFile& file,
                    const RunCallbacks& callbacks, RunTotals& totals, RunResult& result) {
    const auto writer = open_writer(opened, file);
    std::vector<bool> earlier;
    for (const auto& string : writer->head().strings) {
        earlier.push_back(string.state != StringState::waiting);
    }
    const auto report = conduct(session.scene(), file.path, *writer, callbacks);
    add_earlier(file.path, earlier, totals);
    put_report(report.run, result);
    result.cancelled = report.cancelled;
    result.strings_before = report.strings_before;
    result.strings += report.strings_before;
    result.effort->law_strings = report.laws.strings;
    result.effort->law_seconds = report.laws.seconds;
    result.effort->store_seconds = writer->store_seconds();
    RunOutcome all = report.run;
    all.cancelled = report.cancelled;
    return all;
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
    if (!report.cancelled && !report.skipped.empty() && report.pairs == 0) {
        result.fault = {
            .complaint = {
                .where = "run",
                .expected = "at least one observed string that the factual mechanism can write",
                .came = "none"}};
    }
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
        put_report(report, result);
    } else {
        report = run_kept(opened, session, file, counted, totals, result);
    }
    result.effort->repacked = session.repacked();
    result.worlds = totals.totals();
    result.measured_all = totals.measured_all();
    judge(session, report, result);
    return result;
}

}  // namespace otherwise
