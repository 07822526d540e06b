// otherwise run: counterfactual strings, shown, summed up and written as JSON lines.
#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/dry_run.h"
#include "cli/measures.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reporter.h"
#include "cli/run_options.h"
#include "cli/run_stored.h"
#include "cli/run_study.h"
#include "cli/targets.h"
#include "otherwise/api/open.h"
#include "otherwise/base/error.h"

namespace otherwise::cli {
namespace {

constexpr double kFewSeconds = 10.0;

void print_json(const Session& session, const Reporter& reporter, const RunReport& report) {
    nlohmann::ordered_json json{{"model", session.model().path().string()},
                                {"strings", report.strings},
                                {"pairs", report.pairs},
                                {"seconds", report.seconds},
                                {"seconds_in_llama", report.backend.all},
                                {"seconds_in_hooks", report.backend.hooks},
                                {"factual_rows", report.factual.rows},
                                {"skipped", report.skipped},
                                {"repacked", session.repacked()}};
    json.update(kernels_json());
    json["worlds"] = nlohmann::ordered_json::array();
    const auto measures = reporter.measures();
    const auto rounding = reporter.rounding();
    for (const auto& row : reporter.rows()) {
        json["worlds"].push_back(summary_json(row));
        add_rounding(json["worlds"].back(), rounding);
        const auto& names = session.world_names();
        const auto at =
            static_cast<std::size_t>(std::ranges::find(names, row.world) - names.begin());
        if (at < report.worlds.size()) {
            json["worlds"].back()["rows"] = rows_json(report.worlds[at]);
        }
        const auto found = std::find_if(measures.begin(), measures.end(),
                                        [&](const auto& m) { return m.world == row.world; });
        if (found != measures.end()) {
            json["worlds"].back().update(measures_json(*found));
        }
    }
    json["batch_invariant"] = nlohmann::ordered_json::object();
    for (const auto& probe : session.probes()) {
        json["batch_invariant"][probe.world] = probe.probe.invariant;
    }
    Output("-").write(json.dump(2) + "\n");
}

void say_interrupted(const Session& session, const RunArguments& arguments,
                     const RunReport& report) {
    const std::string file = arguments.out.empty() ? arguments.resume : arguments.out;
    std::string more = arguments.jsonl.empty() ? "" : ", and their lines are written";
    if (!file.empty()) {
        more += "; go on with `otherwise run --resume " + file + "`";
    }
    fmt::print(stderr, "otherwise: interrupted: {} of {} strings are done{}\n", report.strings,
               session.estimate().strings, more);
}

int finish_run(Session& session, Reporter& reporter, const RunArguments& arguments,
               const RunReport& report) {
    reporter.flush();
    reporter.table();
    if (arguments.json) {
        print_json(session, reporter, report);
    }
    for (const auto& id : report.skipped) {
        fmt::print(stderr, "otherwise: skipped string '{}': the factual world cannot write it\n",
                   id);
    }
    warn_of_floor(reporter.rows(), session.probes());
    for (const auto& warning : session.verdict(report)) {
        fmt::print(stderr, "otherwise: WARNING: {}\n", warning);
    }
    if (!report.cancelled && !report.skipped.empty() && report.pairs == 0) {
        fail({.where = "run",
              .expected = "at least one observed string that the factual mechanism can write",
              .came = "none"});
    }
    if (report.cancelled) {
        say_interrupted(session, arguments, report);
        return 1;
    }
    if (!arguments.quiet && report.pairs > 0) {
        fmt::print(stderr,
                   "{} pairs in {}, {:.1f} a second; {:.1f} % of the time outside llama.cpp{}\n",
                   report.pairs,
                   report.seconds < kFewSeconds ? fmt::format("{:.1f} s", report.seconds)
                                                : duration_text(report.seconds),
                   static_cast<double>(report.pairs) / report.seconds,
                   100.0 * (1.0 - report.backend.all / report.seconds), hooks_text(report.backend));
    }
    return 0;
}

RunReport run_unstored(Session& session, Reporter& reporter, Progress& progress) {
    auto report =
        session.run({.on_pair = [&](const Pair& pair) { reporter.take(pair); },
                     .on_progress = [&](long done, long total) { progress.update(done, total); },
                     .cancelled = interrupted});
    progress.clear();
    return report;
}

int run(RunArguments& arguments, CLI::App& command) {
    take_study(arguments, command);
    check_run_options(arguments);
    arguments.study = study_of(arguments);
    if (nothing_waits(arguments)) {
        save_study(arguments);
        show_finished(arguments);
        return 0;
    }
    require_study_files(arguments);
    const auto targets = compile_targets(arguments.study.targets, arguments.study.off_targets);
    const auto plans = plans_of(arguments.study, arguments.work);
    arguments.study = with_clock(arguments.study, plans);
    check_output(arguments, plans.all());
    Output("-").require();
    save_study(arguments);
    const auto note = [&](const std::string& line) {
        if (!arguments.quiet) {
            fmt::print(stderr, "{}\n", line);
        }
    };
    (void)start_kernels({.cpu_variant = arguments.work.cpu_variant});
    auto opened = open(arguments.study, arguments.work, note,
                       {.run_file = arguments.resume, .input = &std::cin});
    Session& session = opened.session();
    if (arguments.dry_run) {
        print_dry_run(session, arguments.study.worlds);
        return 0;
    }
    session.notes(note);
    if (!arguments.quiet) {
        note_repacking({.no_repack = arguments.study.no_repack}, plans.models());
    }
    const auto store = open_store(arguments, session);
    catch_interrupts();
    Progress progress(session.estimate().pairs, stderr,
                      arguments.quiet ? Progress::Options{.visible = false} : Progress::Options{});
    Reporter reporter(session, arguments, targets, progress);
    const auto report = store ? run_stored(arguments, session, *store, reporter, progress)
                              : run_unstored(session, reporter, progress);
    return finish_run(session, reporter, arguments, report);
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
    auto* command = app.add_subcommand(
        "run",
        "what each world would have written, with the luck held fixed\n"
        "Usage: otherwise run [-m FILE] (-p TEXT | -f FILE) --world NAME=ITEM [options]\n"
        "       otherwise run STUDY [-o RUN] [options]\n"
        "       otherwise run --resume RUN [options]");
    const auto arguments = std::make_shared<RunArguments>();
    add_study_options(*command, *arguments);
    add_run_options(*command, *arguments);
    command->callback([arguments, command, &action] {
        action = [arguments, command] { return run(*arguments, *command); };
    });
}

}  // namespace otherwise::cli
