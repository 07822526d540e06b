// otherwise run: counterfactual strings, shown, summed up and written as JSON lines.
#include <fmt/core.h>

#include <iostream>
#include <memory>
#include <optional>

#include "cli/dry_run.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/reporter.h"
#include "cli/run_options.h"
#include "cli/run_study.h"
#include "otherwise/api/run.h"
#include "otherwise/console/style.h"
#include "otherwise/generate/session.h"
#include "otherwise/measure/world_measures.h"
#include "otherwise/study/new_run.h"
#include "otherwise/study/saved_study.h"

namespace otherwise::cli {
namespace {

constexpr double kFewSeconds = 10.0;

std::string file_of(const RunArguments& arguments) {
    return arguments.out.empty() ? arguments.resume : arguments.out;
}

void say_interrupted(const Session& session, const RunArguments& arguments,
                     const RunResult& result) {
    std::string more = arguments.jsonl.empty() ? "" : ", and their lines are written";
    if (const auto file = file_of(arguments); !file.empty()) {
        more += "; go on with `otherwise run --resume " + file + "`";
    }
    say(fmt::format("otherwise: interrupted: {} of {} strings are done{}", result.strings,
                    session.estimate().strings, more));
}

/// How long it took.
void say_effort(const RunEffort& effort) {
    say(fmt::format(
        "{} pairs in {}, {:.1f} a second; {:.1f} % of the time outside llama.cpp{}", effort.pairs,
        effort.seconds < kFewSeconds ? fmt::format("{:.1f} s", effort.seconds)
                                     : duration_text(effort.seconds),
        static_cast<double>(effort.pairs) / effort.seconds,
        100.0 * (1.0 - effort.backend.all / effort.seconds), hooks_text(effort.backend)));
}

/// What went into the run file, and what was there before.
void say_kept(const std::string& file, const RunResult& result) {
    if (result.strings_before > 0) {
        say(fmt::format(
            "{} strings were done before{}", result.strings_before,
            result.measured_all ? "" : "; `otherwise report " + file + "` measures them too"));
    }
    const auto& effort = *result.effort;
    const double all = effort.seconds + effort.law_seconds;
    say(fmt::format("stored in {}: {:.2f} % of the time{}", file,
                    all > 0.0 ? 100.0 * effort.store_seconds / all : 0.0,
                    effort.law_strings > 0 ? fmt::format("; laws of {} strings in {:.1f} s",
                                                         effort.law_strings, effort.law_seconds)
                                           : ""));
}

int finish_run(const Session& session, Reporter& reporter, const RunArguments& arguments,
               const RunResult& result) {
    reporter.flush();
    reporter.table(result);
    if (arguments.json) {
        Output("-").write(to_json(result) + "\n");
    }
    print_warnings(result);
    result.require_sound();
    if (result.cancelled) {
        say_interrupted(session, arguments, result);
        return 1;
    }
    if (!arguments.quiet && result.effort->pairs > 0) {
        say_effort(*result.effort);
    }
    return 0;
}

/// Runs with progress lines, of strings and then of laws.
RunResult run_shown(const RunArguments& arguments, OpenedStudy& opened, Reporter& reporter,
                    Progress& progress) {
    Progress laws(
        0, stderr,
        {.visible = arguments.quiet ? std::optional(false) : std::nullopt, .unit = "laws"});
    const RunFile file{.path = file_of(arguments),
                       .resume = !arguments.resume.empty(),
                       .shard = arguments.shard.empty() ? Shard{} : parse_shard(arguments.shard),
                       .moved = arguments.moved};
    auto result = run(opened,
                      {.on_pair = [&](const Pair& pair) { reporter.take(pair); },
                       .on_progress = [&](long done, long total) { progress.update(done, total); },
                       .cancelled = interrupted,
                       .on_law_progress =
                           [&](long done, long total) {
                               progress.clear();
                               reporter.flush();
                               laws.update(done, total);
                           }},
                      file);
    progress.clear();
    laws.clear();
    if (!file.path.empty() && !arguments.quiet) {
        say_kept(file.path, result);
    }
    return result;
}

/// True where --resume names a finished run and the line asks for nothing else: then nothing is to
/// be evaluated, and no file but the run is needed.
bool nothing_waits(const RunArguments& arguments) {
    return !arguments.resume.empty() && !arguments.dry_run &&
           has_all(arguments.resume, arguments.study);
}

/// The table or JSON of such a run.
void show_finished(const RunArguments& arguments) {
    const auto result = stored_result(arguments.resume);
    if (arguments.json) {
        Output("-").write(to_json(result) + "\n");
    } else {
        Output("-").show(totals_text(result, output_style()));
    }
    print_warnings(result);
    if (!arguments.quiet) {
        say(fmt::format(
            "all {} strings were done before; `otherwise report {}` shows and measures them",
            result.strings, arguments.resume));
    }
}

void save(const RunArguments& arguments) {
    if (!arguments.save_study.empty()) {
        save_study(arguments.study, arguments.save_study);
    }
}

int run_study(RunArguments& arguments) {
    const auto plans = plans_of(arguments.study, arguments.work);
    arguments.study = with_clock(arguments.study, plans);
    check_output(arguments, plans.all());
    Output("-").require();
    save(arguments);
    const auto note = [&](const std::string& line) {
        if (!arguments.quiet) {
            say(line);
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
    catch_interrupts();
    Progress progress(session.estimate().pairs, stderr,
                      arguments.quiet ? Progress::Options{.visible = false} : Progress::Options{});
    Reporter reporter(opened, arguments, progress);
    const auto result = run_shown(arguments, opened, reporter, progress);
    return finish_run(session, reporter, arguments, result);
}

int run_command(RunArguments& arguments, CLI::App& command) {
    take_study(arguments, command);
    check_run_options(arguments);
    arguments.study = study_of(arguments);
    if (nothing_waits(arguments)) {
        save(arguments);
        show_finished(arguments);
        return 0;
    }
    if (!arguments.study_file.empty()) {
        require_files(arguments.study, arguments.study_file);
    }
    (void)compile_targets(arguments.study.targets, arguments.study.off_targets);
    return run_study(arguments);
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
        action = [arguments, command] { return run_command(*arguments, *command); };
    });
}

}  // namespace otherwise::cli
