#include "cli/run_stored.h"

#include <fmt/core.h>

#include <filesystem>

#include "cli/run_study.h"
#include "otherwise/base/error.h"
#include "otherwise/study/conduct.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/run_reader.h"

namespace otherwise::cli {
namespace {

std::string file_of(const RunArguments& arguments) {
    return arguments.out.empty() ? arguments.resume : arguments.out;
}

/// Throws Error that says how to go on where a file of the stored study is gone.
void require_files(const RunArguments& arguments) {
    if (arguments.resume.empty()) {
        return;
    }
    const Study study = study_of(arguments);
    (void)with_files(study, [&](const std::string& file) {
        std::error_code ignored;
        if (!file.empty() && !std::filesystem::exists(file, ignored)) {
            fail({.where = "open_run",
                  .expected = "the files of '" + arguments.resume + "'",
                  .came = "no such file, '" + file + "'",
                  .advice = "if it lies elsewhere now: --moved '" + file + "=NEW'"});
        }
        return file;
    });
}

PieceOf pieces_of(const Session& session) {
    return [&model = session.model()](Token token) {
        return Piece{.bytes = model.piece(token),
                     .special = model.piece(token, true),
                     .ends = model.ends(token)};
    };
}

/// Counts the pairs of strings that were done before.
void count_earlier(const std::string& file, const std::vector<bool>& earlier, Reporter& reporter) {
    RunReader(file).each_pair([&](const Pair& pair) {
        if (earlier[static_cast<std::size_t>(pair.string)]) {
            reporter.count(pair);
        }
    });
}

}  // namespace

Session open_run(const RunArguments& arguments, const WorldPlan& factual,
                 const std::vector<WorldPlan>& plans,
                 const std::function<void(const std::string&)>& note) {
    require_files(arguments);
    return {factual, plans, strings_of(arguments), session_options(arguments), note};
}

std::unique_ptr<RunWriter> open_store(const RunArguments& arguments, const Session& session) {
    if (arguments.out.empty() && arguments.resume.empty()) {
        return nullptr;
    }
    const auto machine = this_machine(session, thread_count(arguments.model.threads));
    const auto shard = arguments.shard.empty() ? Shard{} : parse_shard(arguments.shard);
    auto head = head_of(session, study_of(arguments), machine, shard);
    std::unique_ptr<RunWriter> store;
    if (arguments.resume.empty()) {
        store = std::make_unique<RunWriter>(arguments.out, head, pieces_of(session));
    } else {
        store = std::make_unique<RunWriter>(arguments.resume, pieces_of(session));
        require_same(store->head(), head, arguments.resume, "a run", arguments.force);
        Study study =
            with_files(parse_study(store->head().study, arguments.resume),
                       [&](const std::string& name) { return moved_name(name, arguments.moved); });
        study.model = head.model;
        head.study = to_toml(study);
        store->set_files(head);
    }
    store->begin(machine);
    return store;
}

RunReport run_stored(const RunArguments& arguments, Session& session, RunWriter& store,
                     Reporter& reporter, Progress& progress) {
    std::vector<bool> earlier;
    for (const auto& string : store.head().strings) {
        earlier.push_back(string.state != StringState::waiting);
    }
    Progress laws(
        0, stderr,
        {.visible = arguments.quiet ? std::optional(false) : std::nullopt, .unit = "laws"});
    const auto report =
        conduct(session.scene(), file_of(arguments), store,
                {.on_pair = [&](const Pair& pair) { reporter.take(pair); },
                 .on_progress = [&](long done, long total) { progress.update(done, total); },
                 .on_law_progress =
                     [&](long done, long total) {
                         progress.clear();
                         reporter.flush();
                         laws.update(done, total);
                     },
                 .cancelled = interrupted});
    progress.clear();
    laws.clear();
    count_earlier(file_of(arguments), earlier, reporter);
    RunReport run = report.run;
    run.strings += static_cast<int>(report.strings_before);
    run.cancelled = report.cancelled;
    if (!arguments.quiet) {
        if (report.strings_before > 0) {
            fmt::print(stderr, "{} strings were done before\n", report.strings_before);
        }
        const double all = report.run.seconds + report.laws.seconds;
        fmt::print(stderr, "stored in {}: {:.2f} % of the time{}\n", file_of(arguments),
                   all > 0.0 ? 100.0 * store.store_seconds() / all : 0.0,
                   report.laws.strings > 0 ? fmt::format("; laws of {} strings in {:.1f} s",
                                                         report.laws.strings, report.laws.seconds)
                                           : "");
    }
    return run;
}

}  // namespace otherwise::cli
