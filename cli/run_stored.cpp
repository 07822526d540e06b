#include "cli/run_stored.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/measures.h"
#include "cli/output.h"
#include "cli/rounding_show.h"
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

constexpr long kMeasuredAgain = 2000;  // pairs: half a second

/// Counts the pairs of strings that were done before; measures them too where they are few.
void count_earlier(const std::string& file, const std::vector<bool>& earlier, Reporter& reporter) {
    const RunReader run(file);
    const bool few = run.pair_count() <= kMeasuredAgain;
    run.each_pair([&](const Pair& pair) {
        if (earlier[static_cast<std::size_t>(pair.string)]) {
            reporter.count(pair, few);
        }
    });
}

/// A line for each world of a finished run, as the Reporter makes them, and which strings changed.
std::vector<TableRow> rows_of(const RunReader& run, std::vector<ChangedStrings>& changed) {
    const auto& worlds = run.head().worlds;
    std::vector<SummaryBuilder> shared(worlds.size());
    std::vector<SummaryBuilder> fresh(worlds.size());
    changed.resize(worlds.size());
    run.each_pair([&](const Pair& pair) {
        const auto world = static_cast<std::size_t>(pair.world);
        (pair.independent ? fresh : shared)[world].add(pair);
        if (!pair.independent) {
            changed[world].add(pair.string, pair.sample, pair.unchanged() ? 0.0 : 1.0);
        }
    });
    std::vector<TableRow> rows;
    for (std::size_t w = 0; w < worlds.size(); ++w) {
        rows.push_back(
            {.world = worlds[w].name, .summary = shared[w].summary(), .role = worlds[w].role});
        if (run.head().independent && worlds[w].role == WorldRole::change) {
            rows.push_back({.world = worlds[w].name + " (fresh noise)",
                            .summary = fresh[w].summary(),
                            .role = WorldRole::change});
        }
    }
    return rows;
}

void print_json(const RunReader& run, const std::vector<TableRow>& rows,
                const std::vector<RoundingRow>& rounding) {
    nlohmann::ordered_json json{{"model", run.head().model},
                                {"strings", run.progress().strings},
                                {"pairs", 0},
                                {"seconds", 0.0},
                                {"skipped", nlohmann::json::array()},
                                {"worlds", nlohmann::json::array()},
                                {"batch_invariant", nlohmann::json::object()}};
    for (const auto& string : run.head().strings) {
        if (string.state == StringState::skipped) {
            json["skipped"].push_back(string.subject.id);
        }
    }
    for (const auto& row : rows) {
        json["worlds"].push_back(summary_json(row));
        add_rounding(json["worlds"].back(), rounding);
    }
    for (const auto& [world, probe] : run.head().probes) {
        json["batch_invariant"][world] = probe.invariant;
    }
    Output("-").write(json.dump(2) + "\n");
}

}  // namespace

bool nothing_waits(const RunArguments& arguments) {
    if (arguments.resume.empty() || arguments.dry_run) {
        return false;
    }
    const RunReader run(arguments.resume);
    if (!run.finished()) {
        return false;
    }
    Study stored =
        with_files(parse_study(run.head().study, arguments.resume),
                   [&](const std::string& name) { return found_name(name, arguments.resume); });
    with_strings(stored, run.head());
    return to_toml(arguments.study) == to_toml(stored);
}

void show_finished(const RunArguments& arguments) {
    const RunReader run(arguments.resume);
    std::vector<ChangedStrings> changed;
    const auto rows = rows_of(run, changed);
    const auto rounding = rounding_rows(run.head(), changed);
    if (arguments.json) {
        print_json(run, rows, rounding);
    } else {
        const auto style = style_for(stdout);
        const auto beyond = render_rounding(rounding, run.head().smooth, style);
        Output("-").write(render_table(rows, style) + (beyond.empty() ? "" : "\n" + beyond));
    }
    std::vector<WorldProbe> probes;
    for (const auto& [world, probe] : run.head().probes) {
        probes.push_back({.world = world, .probe = probe});
    }
    warn_of_floor(rows, probes);
    if (!arguments.quiet) {
        fmt::print(
            stderr,
            "all {} strings were done before; `otherwise report {}` shows and measures them\n",
            run.progress().strings, arguments.resume);
    }
}

std::unique_ptr<RunWriter> open_store(const RunArguments& arguments, const Session& session) {
    if (arguments.out.empty() && arguments.resume.empty()) {
        return nullptr;
    }
    const auto machine = this_machine(session, thread_count(arguments.work.threads));
    const auto shard = arguments.shard.empty() ? Shard{} : parse_shard(arguments.shard);
    auto head = head_of(session, arguments.study, machine, shard);
    std::unique_ptr<RunWriter> store;
    if (arguments.resume.empty()) {
        store = std::make_unique<RunWriter>(arguments.out, head, pieces_of(session));
    } else {
        store = std::make_unique<RunWriter>(arguments.resume, pieces_of(session));
        require_same(store->head(), head, arguments.resume, "a run", arguments.work.force);
        Study study =
            with_files(parse_study(store->head().study, arguments.resume),
                       [&](const std::string& name) { return moved_name(name, arguments.moved); });
        study.model = head.model;
        head.study = to_toml(study);
        if (!same_places(store->head(), head, arguments.resume)) {
            store->set_files(head);
        }
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
            fmt::print(stderr, "{} strings were done before{}\n", report.strings_before,
                       reporter.measured_all()
                           ? ""
                           : "; `otherwise report " + file_of(arguments) + "` measures them too");
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
